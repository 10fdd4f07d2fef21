/**
 * Where `$ref` leads in a document.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { JsonSchema } from "../../protocol/openrpc.ts";

/** A schema that is an object. */
export type SchemaObject = Readonly<Record<string, unknown>>;

/** Where a reference leads. */
export interface Target {
  /** The schema. */
  readonly schema: JsonSchema;
  /** The last part of the reference, which is what people call the schema. */
  readonly name: string;
}

/**
 * Follows a reference, also to further references.
 *
 * @param reference The value of `$ref`.
 * @param roots Where it may start from, the first one that has the place counts: the schema that it
 * stands in, since validators write their definitions there, and the document.
 * @returns Where it leads; `undefined` where that is nowhere, in a circle, or in another document.
 */
export function followReference(
  reference: string,
  roots: readonly unknown[],
): Target | undefined {
  let next = reference;
  for (let hops = 0; hops < limits.maxSchemaDepth; hops++) {
    const tokens = tokensOf(next);
    if (tokens === undefined) return undefined;
    const found = roots.map((root) => placeOf(root, tokens)).find((place) => place !== undefined);
    if (typeof found === "boolean") return { schema: found, name: tokens.at(-1) ?? "" };
    if (!isSchemaObject(found)) return undefined;
    if (typeof found.$ref !== "string") return { schema: found, name: tokens.at(-1) ?? "" };
    next = found.$ref;
  }
  return undefined;
}

/** The steps of a JSON Pointer in a fragment (RFC 6901, section 6). */
function tokensOf(reference: string): string[] | undefined {
  if (reference === "#") return [];
  if (!reference.startsWith("#/")) return undefined;
  return reference.slice(2).split("/").map((token) =>
    decoded(token).replaceAll("~1", "/").replaceAll("~0", "~")
  );
}

function placeOf(root: unknown, tokens: readonly string[]): unknown {
  let place = root;
  for (const token of tokens) {
    if (typeof place !== "object" || place === null || !Object.hasOwn(place, token)) {
      return undefined;
    }
    place = (place as SchemaObject)[token];
  }
  return place;
}

function decoded(token: string): string {
  try {
    return decodeURIComponent(token);
  } catch {
    return token;
  }
}

/** Whether a value is a schema that is an object. */
export function isSchemaObject(value: unknown): value is SchemaObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
