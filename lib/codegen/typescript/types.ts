/**
 * Types of TypeScript.
 *
 * @module
 */

import type { Literal, Type } from "../model/model.ts";
import type { TypeNames } from "../model/plan.ts";
import { quote } from "../text/quote.ts";

/**
 * Writes a type on one line.
 *
 * @param type The type.
 * @param names The names of types.
 * @returns The type.
 */
export function typeText(type: Type, names: TypeNames): string {
  const text = (inner: Type) => typeText(inner, names);
  switch (type.kind) {
    case "any":
      return "unknown";
    case "integer":
      return "number";
    case "date":
      return "Date";
    case "bytes":
      return "Uint8Array";
    case "literals":
      return type.values.map(literalText).join(" | ");
    case "array":
      return isUnion(type.items) ? `(${text(type.items)})[]` : `${text(type.items)}[]`;
    case "tuple": {
      const rest = type.rest === undefined
        ? []
        : [`...${text({ kind: "array", items: type.rest })}`];
      return `[${[...type.items.map(text), ...rest].join(", ")}]`;
    }
    case "record":
      return `{ [name: string]: ${text(type.values)} }`;
    case "union":
      return partsOf(type, names).join(" | ");
    case "named":
      return names.get(type.type) ?? "unknown";
    default:
      return type.kind;
  }
}

/**
 * The members of a union; of another type the type itself.
 *
 * @param type The type.
 * @param names The names of types.
 * @returns Each of them on one line.
 */
export function partsOf(type: Type, names: TypeNames): string[] {
  if (type.kind === "literals") return type.values.map(literalText);
  if (type.kind !== "union") return [typeText(type, names)];
  return [...new Set(type.members.flatMap((member) => partsOf(member, names)))];
}

function isUnion(type: Type): boolean {
  return type.kind === "union" || (type.kind === "literals" && type.values.length > 1);
}

function literalText(value: Literal): string {
  return typeof value === "string" ? quote(value, "typescript") : String(value);
}
