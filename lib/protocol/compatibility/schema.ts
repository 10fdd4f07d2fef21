/**
 * Whether one JSON Schema admits all that another one does. It reads the part of draft-07 and
 * 2020-12 that validators write; what it does not know it holds for a restriction only where the
 * two differ.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { JsonSchema } from "../openrpc.ts";

/** One way in which a schema admits less than another. */
export interface Narrowing {
  /** Where, as a path of members: `address.lines[]`; empty for the value itself. */
  readonly path: string;
  /** What is no longer admitted, read from the wider schema to the narrower one. */
  readonly narrower: string;
  /** The same, read from the narrower schema to the wider one. */
  readonly wider: string;
}

/** A document's own definitions, which `$ref` names. */
export interface SchemaRoots {
  /** The document in which the wider schema stands. */
  readonly from: unknown;
  /** The document in which the narrower schema may stand. */
  readonly to: unknown;
}

type Members = Record<string, JsonSchema>;
type SchemaObject = Record<string, unknown>;

const { maxSchemaDepth: MAX_NESTING } = limits;
const TYPES = ["null", "boolean", "number", "string", "array", "object"];

/** Keywords that set a lower bound, and those that set an upper one. */
const LOWER_BOUNDS = ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"];
const UPPER_BOUNDS = ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"];
/** Keywords that restrict nothing. */
const NOT_RESTRICTING = new Set(
  "title description default examples deprecated $schema $id $defs definitions".split(" "),
);
/** Keywords that restrict wherever they stand, and whose values cannot be compared. */
const EXACT = ["pattern", "format", "multipleOf", "uniqueItems", "contentEncoding"];

/**
 * Finds what one schema admits and the other does not.
 *
 * @param from The schema whose values are to stay admitted.
 * @param to The schema that is to admit them.
 * @param roots The documents that `$ref` refers to.
 * @returns One entry for each restriction that is new; empty where `to` admits all that `from` does.
 */
export function findNarrowings(
  from: JsonSchema,
  to: JsonSchema,
  roots: SchemaRoots = { from, to },
): Narrowing[] {
  return new Comparison(roots).compare(from, to, "", 0);
}

class Comparison {
  readonly #roots: SchemaRoots;
  /** Pairs of references that are being compared: a recursive schema comes back to itself. */
  readonly #open = new Set<string>();

  constructor(roots: SchemaRoots) {
    this.#roots = roots;
  }

  compare(from: JsonSchema, to: JsonSchema, path: string, depth: number): Narrowing[] {
    if (depth > MAX_NESTING) return [];
    const pair = `${referenceOf(from)} ${referenceOf(to)}`;
    if (pair !== " " && this.#open.has(pair)) return [];
    this.#open.add(pair);
    try {
      return this.#compareResolved(
        resolve(from, this.#roots.from),
        resolve(to, this.#roots.to),
        path,
        depth,
      );
    } finally {
      this.#open.delete(pair);
    }
  }

  #compareResolved(from: JsonSchema, to: JsonSchema, path: string, depth: number): Narrowing[] {
    if (from === false || to === true || admitsAll(to)) return [];
    if (to === false) {
      return [{ path, narrower: "nothing is admitted any more", wider: "values are admitted now" }];
    }
    const source: SchemaObject = from === true ? {} : from;
    const alternatives = alternativesOf(source);
    // Each alternative of the wider schema has to find its place in the narrower one.
    if (alternatives !== undefined) {
      return alternatives.flatMap((one) => this.compare(one, to, path, depth + 1));
    }
    const places = alternativesOf(to);
    if (places === undefined) return this.#compareObjects(source, to, path, depth);
    const tries = places.map((place) => this.compare(source as JsonSchema, place, path, depth + 1));
    if (tries.some((found) => found.length === 0)) return [];
    const [nearest = []] = tries.sort((a, b) => a.length - b.length);
    return nearest;
  }

  #compareObjects(
    from: SchemaObject,
    to: SchemaObject,
    path: string,
    depth: number,
  ): Narrowing[] {
    const lost = typesOf(from).filter((type) => !typesOf(to).includes(type));
    if (lost.length > 0) return [admission(path, lost.join(", "))];
    return [
      ...compareValues(from, to, path),
      ...compareBounds(from, to, path),
      ...(admits(from, "object") ? this.#compareMembers(from, to, path, depth) : []),
      ...(admits(from, "array") ? this.#compareItems(from, to, path, depth) : []),
    ];
  }

  #compareMembers(
    from: SchemaObject,
    to: SchemaObject,
    path: string,
    depth: number,
  ): Narrowing[] {
    const [before, after] = [membersOf(from), membersOf(to)];
    const found: Narrowing[] = requiredOf(to)
      .filter((name) => !requiredOf(from).includes(name))
      .map((name) => ({
        path: join(path, name),
        narrower: "the member is required now",
        wider: "the member may be absent now",
      }));
    for (const [name, schema] of Object.entries(before)) {
      const wanted = Object.hasOwn(after, name) ? after[name] : to.additionalProperties;
      if (wanted === false) {
        found.push(admission(join(path, name), "the member"));
      } else if (wanted !== undefined) {
        found.push(...this.compare(schema, wanted as JsonSchema, join(path, name), depth + 1));
      }
    }
    if (from.additionalProperties !== false && to.additionalProperties === false) {
      found.push(admission(path, "a member that is not named"));
    }
    return found;
  }

  #compareItems(from: SchemaObject, to: SchemaObject, path: string, depth: number): Narrowing[] {
    const before = (from.items ?? true) as JsonSchema | JsonSchema[];
    const after = (to.items ?? true) as JsonSchema | JsonSchema[];
    if (!Array.isArray(before) && !Array.isArray(after)) {
      return this.compare(before, after, `${path}[]`, depth + 1);
    }
    const places = Math.max([before].flat().length, [after].flat().length);
    const at = (items: JsonSchema | JsonSchema[], place: number) =>
      Array.isArray(items) ? items[place] ?? true : items;
    return Array.from(
      { length: places },
      (_, place) =>
        this.compare(at(before, place), at(after, place), `${path}[${place}]`, depth + 1),
    ).flat();
  }
}

function admission(path: string, what: string): Narrowing {
  return {
    path,
    narrower: `${what} is no longer admitted`,
    wider: `${what} is admitted now`,
  };
}

function compareValues(from: SchemaObject, to: SchemaObject, path: string): Narrowing[] {
  const wanted = valuesOf(to);
  if (wanted === undefined) return [];
  const given = valuesOf(from);
  if (given === undefined) return [admission(path, `a value beside ${[...wanted].join(", ")}`)];
  const lost = [...given].filter((value) => !wanted.has(value));
  return lost.map((value) => admission(path, `the value ${value}`));
}

function compareBounds(from: SchemaObject, to: SchemaObject, path: string): Narrowing[] {
  const found: Narrowing[] = [];
  const report = (keyword: string, before: unknown, after: unknown): void => {
    const [was, is] = [JSON.stringify(before), JSON.stringify(after)];
    found.push({
      path,
      narrower: `${keyword} is ${is} now${was === undefined ? "" : `, it was ${was}`}`,
      wider: was === undefined
        ? `${keyword} is gone, it was ${is}`
        : `${keyword} is ${was} now, it was ${is}`,
    });
  };
  const compareNumbers = (
    keyword: string,
    isTighter: (before: number, after: number) => boolean,
  ) => {
    const [before, after] = [from[keyword], to[keyword]];
    if (typeof after !== "number") return;
    if (typeof before !== "number" || isTighter(before, after)) report(keyword, before, after);
  };
  for (const keyword of LOWER_BOUNDS) compareNumbers(keyword, (before, after) => after > before);
  for (const keyword of UPPER_BOUNDS) compareNumbers(keyword, (before, after) => after < before);
  for (const keyword of EXACT) {
    const [before, after] = [from[keyword], to[keyword]];
    if (after !== undefined && after !== false && after !== before) report(keyword, before, after);
  }
  return found;
}

/** The values of `enum` and `const` as JSON text; `undefined` where neither stands. */
function valuesOf(schema: SchemaObject): Set<string> | undefined {
  const values = Array.isArray(schema.enum)
    ? schema.enum
    : Object.hasOwn(schema, "const")
    ? [schema.const]
    : undefined;
  return values && new Set(values.map((value) => JSON.stringify(value)));
}

/** The types that a schema admits; an integer is a number that its bounds say more of. */
function typesOf({ type, ...rest }: SchemaObject): string[] {
  if (type === undefined) {
    const values = valuesOf(rest);
    return values === undefined ? TYPES : [...new Set([...values].map(typeOfText))];
  }
  const given = [type].flat() as string[];
  return given.includes("number") ? [...given, "integer"] : given;
}

function typeOfText(json: string): string {
  const value: unknown = JSON.parse(json);
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function admits(schema: SchemaObject, type: string): boolean {
  return typesOf(schema).includes(type);
}

/** Whether a schema says nothing that restricts. */
function admitsAll(schema: JsonSchema): boolean {
  return typeof schema === "object" &&
    Object.keys(schema).every((key) => NOT_RESTRICTING.has(key));
}

function alternativesOf(schema: SchemaObject): JsonSchema[] | undefined {
  const alternatives = schema.anyOf ?? schema.oneOf;
  return Array.isArray(alternatives) ? alternatives : undefined;
}

function membersOf(schema: SchemaObject): Members {
  return (schema.properties ?? {}) as Members;
}

function requiredOf(schema: SchemaObject): readonly string[] {
  return Array.isArray(schema.required) ? schema.required : [];
}

function referenceOf(schema: JsonSchema): string {
  return typeof schema === "object" && typeof schema.$ref === "string" ? schema.$ref : "";
}

/** What a `$ref` of the same document names; a reference that leads nowhere admits everything. */
function resolve(schema: JsonSchema, root: unknown): JsonSchema {
  let found = schema;
  for (let hops = 0; hops < MAX_NESTING; hops++) {
    const reference = referenceOf(found);
    if (reference === "") return found;
    if (!reference.startsWith("#")) return true;
    const parts = reference.slice(1).split("/").filter((part) => part !== "");
    const names = parts.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
    const target = names.reduce<unknown>((at, name) => memberOf(at, name), root);
    if (typeof target !== "boolean" && (typeof target !== "object" || target === null)) return true;
    found = target as JsonSchema;
  }
  return true;
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
