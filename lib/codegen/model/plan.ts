/**
 * Where values have dates and bytes, which travel as text, so that a client can make them.
 *
 * @module
 */

import { jsonTypesOf, type NamedType, someType, type Type } from "./model.ts";

/** The names of types in the file that is written. */
export type TypeNames = ReadonlyMap<NamedType, string>;

/** What is read at a place and beneath it. A text names the plan of a type. */
export type Plan = string | PlanParts;

/** The parts of a plan that say something. */
export interface PlanParts {
  /** What text is. */
  text?: "date" | "bytes";
  /** The members of an object. */
  members?: Record<string, Plan>;
  /** Its other members. */
  others?: Plan;
  /** The first elements of an array, where its places have types of their own. */
  first?: (Plan | null)[];
  /** The other elements. */
  items?: Plan;
  /** The member by whose text an object is told from others. */
  by?: string;
  /** The plans of those objects. */
  choices?: Record<string, Plan>;
}

/** Makes the plans of a document. */
export class Planner {
  /** Types whose plans others refer to, in the order in which they were met. */
  readonly needed = new Set<NamedType>();
  readonly #knownNeeds = new Map<NamedType, boolean>();
  readonly #names: TypeNames;
  readonly #readsTuples: boolean;

  /**
   * @param names The names of types.
   * @param readsTuples Whether arrays of fixed places are to be made something else.
   */
  constructor(names: TypeNames, readsTuples: boolean) {
    this.#names = names;
    this.#readsTuples = readsTuples;
  }

  /**
   * The plan of a type.
   *
   * @param type The type.
   * @returns The plan; `undefined` where a value is as JSON has it.
   */
  of(type: Type): Plan | undefined {
    if (!this.#isNeeded(type)) return undefined;
    switch (type.kind) {
      case "date":
      case "bytes":
        return { text: type.kind };
      case "array":
        return known({ items: this.of(type.items) });
      case "record":
        return known({ others: this.of(type.values) });
      case "tuple":
        return known({
          first: type.items.map((item) => this.of(item) ?? null),
          items: type.rest && this.of(type.rest),
        });
      case "union":
        return this.#ofUnion(type.members);
      case "named":
        this.needed.add(type.type);
        return this.#names.get(type.type);
      default:
        return undefined;
    }
  }

  /**
   * All plans that have names, those included that they refer to.
   *
   * @returns The plans by the names of their types.
   */
  named(): [string, Plan][] {
    const plans: [string, Plan][] = [];
    for (const type of this.needed) plans.push([this.#names.get(type) ?? "", this.#ofBody(type)]);
    return plans;
  }

  #ofBody({ body }: NamedType): Plan {
    if (body.kind === "alias") return this.of(body.type) ?? {};
    const members: Record<string, Plan> = Object.create(null);
    for (const { name, type } of body.fields) {
      const plan = this.of(type);
      if (plan !== undefined) members[name] = plan;
    }
    return known({ members, others: body.others && this.of(body.others) });
  }

  /** What JSON shows has to tell which member is meant. */
  #ofUnion(members: readonly Type[]): Plan {
    const [needing, ...others] = members.filter((member) => this.#isNeeded(member));
    const found: PlanParts = {};
    for (const [type, parts] of PARTS) {
      const taking = members.filter((member) => jsonTypesOf(member).has(type));
      const [only] = taking;
      const plan = only === undefined ? undefined : this.of(only);
      if (taking.length > 1 && type === "object") Object.assign(found, this.#choices(taking));
      else if (taking.length !== 1) continue;
      else if (typeof plan !== "string") assign(found, plan, parts);
      else if (needing === only && others.length === 0) return plan;
    }
    return found;
  }

  /** Objects that have a member of their own text each, such as `kind`. */
  #choices(types: readonly Type[]): PlanParts {
    const bodies = types.map((type) => type.kind === "named" ? type.type.body : undefined);
    const objects = bodies.flatMap((body) => body?.kind === "object" ? [body.fields] : []);
    if (objects.length !== types.length) return {};
    for (const { name } of objects[0] ?? []) {
      const texts = objects.map((fields) => {
        const type = fields.find((field) => field.name === name && !field.isOptional)?.type;
        const isText = type?.kind === "literals" && type.values.length === 1;
        return isText && typeof type.values[0] === "string" ? type.values[0] : undefined;
      });
      if (texts.includes(undefined) || new Set(texts).size !== texts.length) continue;
      const choices: Record<string, Plan> = Object.create(null);
      for (const [at, type] of types.entries()) {
        const plan = this.of(type);
        if (plan !== undefined) choices[texts[at] ?? ""] = plan;
      }
      return { by: name, choices };
    }
    return {};
  }

  #isNeeded(type: Type): boolean {
    if (type.kind !== "named") return this.#hasText(type);
    const known = this.#knownNeeds.get(type.type) ?? this.#hasText(type);
    this.#knownNeeds.set(type.type, known);
    return known;
  }

  #hasText(type: Type): boolean {
    return someType(
      type,
      ({ kind }) => kind === "date" || kind === "bytes" || (kind === "tuple" && this.#readsTuples),
    );
  }
}

const PARTS = [
  ["string", ["text"]],
  ["object", ["members", "others"]],
  ["array", ["first", "items"]],
] as const;

function assign(
  found: PlanParts,
  plan: PlanParts | undefined,
  parts: readonly (keyof PlanParts)[],
): void {
  for (const part of parts) {
    if (plan?.[part] !== undefined) Object.assign(found, { [part]: plan[part] });
  }
}

function known(parts: { [part in keyof PlanParts]: PlanParts[part] | undefined }): PlanParts {
  return Object.fromEntries(
    Object.entries(parts).filter(([, value]) => value !== undefined),
  ) as PlanParts;
}
