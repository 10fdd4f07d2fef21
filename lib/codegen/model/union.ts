/**
 * Unions: flat, without doubles, `null` at the end.
 *
 * @module
 */

import type { NamedType, Type } from "./model.ts";

/**
 * Makes one type of several.
 *
 * @param types The types.
 * @returns The only one, or their union; `any` where one of them is.
 */
export function unionOf(types: readonly Type[]): Type {
  const members = new Map<string, Type>();
  let hasNull = false;
  for (const type of types.flatMap((each) => each.kind === "union" ? each.members : [each])) {
    if (type.kind === "any") return type;
    if (type.kind === "null") hasNull = true;
    else if (type.kind !== "never") members.set(keyOf(type), type);
  }
  const rest = [...members.values()];
  if (hasNull) rest.push({ kind: "null" });
  const [only] = rest;
  if (only === undefined) return types.length === 0 ? { kind: "any" } : { kind: "never" };
  return rest.length === 1 ? only : { kind: "union", members: rest };
}

const identities = new WeakMap<NamedType, number>();
let lastIdentity = 0;

/** Text that is the same for the same types, and for no others. */
function keyOf(type: Type): string {
  return JSON.stringify(type, (_, value) => {
    if (typeof value !== "object" || value === null || !("hint" in value)) return value;
    let identity = identities.get(value);
    if (identity === undefined) identities.set(value, identity = ++lastIdentity);
    return `#${identity}`;
  });
}

/**
 * Breaks circles of names that stand for nothing but each other (`A = B | string`, `B = A | null`): no
 * language has such types.
 *
 * @param types All types with names.
 */
export function breakAliasCircles(types: readonly NamedType[]): void {
  const done = new Set<NamedType>();
  const open = new Set<NamedType>();
  const visit = (named: NamedType): void => {
    if (done.has(named)) return;
    open.add(named);
    if (named.body.kind === "alias") named.body.type = withoutOpen(named.body.type);
    open.delete(named);
    done.add(named);
  };
  const withoutOpen = (type: Type): Type => {
    if (type.kind === "union") {
      const members = type.members.map(withoutOpen);
      return members.every((member, at) => member === type.members[at]) ? type : unionOf(members);
    }
    if (type.kind !== "named") return type;
    if (open.has(type.type)) return { kind: "any" };
    visit(type.type);
    return type;
  };
  for (const type of types) visit(type);
}
