/**
 * Reads the text of those who send JSON alone as what a schema means by it: a `date-time` as a Date,
 * base64 as bytes.
 *
 * @see {@link https://json-schema.org/draft-07/json-schema-validation | JSON Schema}, sections 7.3.1
 * and 8.3
 * @module
 */

import type { JsonSchema } from "./openrpc.ts";
import { parseDateTime } from "./values/date_time.ts";
import { decodeBase64 } from "./values/revive.ts";

/** What is converted at a place, and beneath it. Schemas that refer to themselves make cycles of it. */
export interface Conversions {
  /** What text is at this place. */
  text?: "date" | "bytes";
  /** The members of an object by name. */
  members?: Map<string, Conversions>;
  /** All other members. */
  others?: Conversions;
  /** What tells several objects apart: the member, and what is converted by its text. */
  choices?: { readonly by: string; readonly of: ReadonlyMap<unknown, Conversions> };
  /** The first elements of an array. */
  first?: readonly (Conversions | undefined)[];
  /** All other elements. */
  items?: Conversions;
}

/**
 * Finds the places where a schema gives text a meaning: `format: date-time` and
 * `contentEncoding: base64`, through properties, items, local references and, where only one of them
 * can be meant, the branches of `anyOf` and `oneOf`.
 *
 * @param schema A JSON Schema.
 * @returns What to convert; `undefined` where there is nothing.
 *
 * @example
 * ```ts
 * import { convertBySchema, schemaConversions } from "./schema_conversions.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const conversions = schemaConversions({
 *   properties: { when: { type: "string", format: "date-time" } },
 * });
 * assertEquals(convertBySchema({ when: "2026-01-01T00:00:00Z", n: 1 }, conversions!), {
 *   when: new Date("2026-01-01T00:00:00.000Z"),
 *   n: 1,
 * });
 * ```
 */
export function schemaConversions(schema: JsonSchema): Conversions | undefined {
  const search = new Search(schema);
  const found = search.of(schema);
  return search.hasText ? found : undefined;
}

/**
 * Converts text where conversions say so.
 *
 * @param value Any value; it is not changed.
 * @param conversions What to convert.
 * @returns A copy of what was converted and of what holds it, beside the parts that stay the same;
 * text that is no date or no base64 stays as it is.
 */
export function convertBySchema(value: unknown, conversions: Conversions): unknown {
  if (typeof value === "string") return convertText(value, conversions.text);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const { first = [], items } = conversions;
    return value.map((item, index) => {
      const inner = index < first.length ? first[index] : items;
      return inner === undefined ? item : convertBySchema(item, inner);
    });
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  const { members, others, choices } = conversions;
  if (choices !== undefined) {
    const text = Object.entries(value).find(([key]) => key === choices.by)?.[1];
    const chosen = choices.of.get(text);
    return chosen === undefined ? value : convertBySchema(value, chosen);
  }
  if (!members && !others) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      const inner = members?.get(key) ?? others;
      return [key, inner === undefined ? member : convertBySchema(member, inner)];
    }),
  );
}

function convertText(text: string, type: Conversions["text"]): unknown {
  if (type === "date") return parseDateTime(text) ?? text;
  return type === "bytes" ? decodeBase64(text) ?? text : text;
}

type SchemaObject = Record<string, unknown>;

class Search {
  /** Whether there is any text to convert. */
  hasText = false;
  readonly #root: JsonSchema;
  /** Each schema is looked at once, and may hold itself. */
  readonly #known = new Map<SchemaObject, Conversions>();

  constructor(root: JsonSchema) {
    this.#root = root;
  }

  of(schema: unknown): Conversions | undefined {
    if (!isObject(schema)) return undefined;
    const known = this.#known.get(schema);
    if (known !== undefined) return known;
    const found: Conversions = {};
    this.#known.set(schema, found);
    const other = this.#soleMeaning(schema);
    if (other !== undefined) {
      const meant = this.of(other) ?? found;
      this.#known.set(schema, meant);
      return meant;
    }
    this.#addText(schema, found);
    this.#addMembers(schema, found);
    this.#addElements(schema, found);
    for (const part of listOf(schema.allOf)) merge(found, this.of(part));
    for (const branches of [listOf(schema.anyOf), listOf(schema.oneOf)]) {
      this.#addBranches(branches, found);
    }
    return found;
  }

  /**
   * The schema that another one stands for: the target of a reference, beside which nothing counts
   * (JSON Schema draft 7, section 8.3), or the only branch that takes more than null and the like. It
   * may hold the other one, and then its conversions are not complete when they are asked for.
   */
  #soleMeaning(schema: SchemaObject): unknown {
    if (typeof schema.$ref === "string") return this.#at(schema.$ref);
    const branches = [...listOf(schema.anyOf), ...listOf(schema.oneOf)];
    const hasMore = "properties" in schema || "items" in schema || "allOf" in schema;
    const taking = branches.filter((branch) =>
      partsByType.some(([type]) => this.#takes(branch, type))
    );
    return taking.length === 1 && !hasMore ? taking[0] : undefined;
  }

  #addText(schema: SchemaObject, found: Conversions): void {
    if (!typesOf(schema).includes("string")) return;
    if (schema.format === "date-time") found.text = "date";
    else if (schema.contentEncoding === "base64") found.text = "bytes";
    this.hasText ||= found.text !== undefined;
  }

  #addMembers(schema: SchemaObject, found: Conversions): void {
    if (isObject(schema.properties)) {
      const members = new Map<string, Conversions>();
      for (const [key, member] of Object.entries(schema.properties)) {
        members.set(key, this.of(member) ?? {});
      }
      found.members = members;
    }
    assign(found, "others", this.of(schema.additionalProperties));
  }

  /** `prefixItems` of draft 2020-12 is an `items` of draft 7 that is a list. */
  #addElements(schema: SchemaObject, found: Conversions): void {
    const { items, prefixItems, additionalItems } = schema;
    const first = Array.isArray(items) ? items : listOf(prefixItems);
    if (first.length > 0) found.first = first.map((item) => this.of(item));
    assign(found, "items", this.of(Array.isArray(items) ? additionalItems : items));
  }

  /** Of the branches that take text only one may be meant; the same goes for objects and arrays. */
  #addBranches(branches: readonly unknown[], found: Conversions): void {
    for (const [type, parts] of partsByType) {
      const taking = branches.filter((branch) => this.#takes(branch, type));
      const [only] = taking;
      if (taking.length > 1 && type === "object") this.#addChoices(taking, found);
      if (taking.length !== 1) continue;
      const inner = this.of(only);
      for (const part of parts) if (inner?.[part] !== undefined) assign(found, part, inner[part]);
    }
  }

  /** Several objects may be meant where each has a text of its own in one member, such as `kind`. */
  #addChoices(branches: readonly unknown[], found: Conversions): void {
    const [first, ...others] = branches.map((branch) => tellingMembers(this.#target(branch)));
    for (const by of first?.keys() ?? []) {
      const texts = [first, ...others].map((members) => members?.get(by));
      if (texts.includes(undefined) || new Set(texts).size !== texts.length) continue;
      const of = new Map(texts.map((text, at) => [text, this.of(branches[at]) ?? {}]));
      found.choices = { by, of };
      return;
    }
  }

  #target(schema: unknown): unknown {
    return isObject(schema) && typeof schema.$ref === "string" ? this.#at(schema.$ref) : schema;
  }

  #takes(schema: unknown, type: string): boolean {
    if (!isObject(schema)) return schema !== false;
    if (typeof schema.$ref === "string" && schema.type === undefined) {
      const target = this.#at(schema.$ref);
      // A reference to a reference may go round in a circle.
      return !isObject(target) || typesOf(target).includes(type);
    }
    return typesOf(schema).includes(type);
  }

  /** The schema that a local reference names (RFC 6901, section 6). */
  #at(reference: string): unknown {
    if (reference !== "#" && !reference.startsWith("#/")) return undefined;
    let place: unknown = this.#root;
    for (const token of reference.split("/").slice(1)) {
      const key = decoded(token);
      if (typeof place !== "object" || place === null || !Object.hasOwn(place, key)) {
        return undefined;
      }
      place = (place as SchemaObject)[key];
    }
    return place;
  }
}

const partsByType = [
  ["string", ["text"]],
  ["object", ["members", "others"]],
  ["array", ["first", "items"]],
] as const;

const ALL_TYPES = ["null", "boolean", "number", "integer", "string", "array", "object"];

/** The required members of an object that have one text alone. */
function tellingMembers(schema: unknown): Map<string, string> {
  const found = new Map<string, string>();
  if (!isObject(schema) || !isObject(schema.properties)) return found;
  const required = listOf(schema.required);
  for (const [name, member] of Object.entries(schema.properties)) {
    if (!isObject(member) || !required.includes(name)) continue;
    const [only, ...others] = Array.isArray(member.enum) ? member.enum : [member.const];
    if (typeof only === "string" && others.length === 0) found.set(name, only);
  }
  return found;
}

/** The types that a schema admits; one that names none admits all. */
function typesOf(schema: SchemaObject): readonly unknown[] {
  if (Array.isArray(schema.type)) return schema.type;
  if (typeof schema.type === "string") return [schema.type];
  const values = Object.hasOwn(schema, "const") ? [schema.const] : schema.enum;
  return Array.isArray(values) ? values.map((value) => typeof value) : ALL_TYPES;
}

/** Adds what is not there yet. */
function merge(found: Conversions, other: Conversions | undefined): void {
  if (other === undefined || other === found) return;
  for (const part of ["text", "others", "first", "items"] as const) {
    if (found[part] === undefined) assign(found, part, other[part]);
  }
  if (other.members === undefined) return;
  found.members = new Map([...other.members, ...(found.members ?? [])]);
}

function assign<Part extends keyof Conversions>(
  found: Conversions,
  part: Part,
  value: Conversions[Part] | undefined,
): void {
  if (value !== undefined) found[part] = value as Conversions[Part];
}

function decoded(token: string): string {
  try {
    return decodeURIComponent(token).replaceAll("~1", "/").replaceAll("~0", "~");
  } catch {
    return token;
  }
}

function isObject(value: unknown): value is SchemaObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
