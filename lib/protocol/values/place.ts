/**
 * Where in a value something stands: as a person reads it, and as a JSON Pointer.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6901 | RFC 6901} (JSON Pointer)
 * @module
 */

/** The member that is never looked up: on most objects it is the prototype. */
export const PROTO = "__proto__";

const IDENTIFIER = /^[\p{L}_$][\p{L}\p{N}_$]*$/u;

/**
 * Names a place for a person.
 *
 * @param name What the whole value is called.
 * @param keys The keys from the whole to the place.
 * @returns For instance `params.list[3].when`.
 *
 * @example
 * ```ts
 * import { placeName } from "./place.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(placeName("params", ["list", 3, "when?"]), 'params.list[3]["when?"]');
 * ```
 */
export function placeName(name: string, keys: readonly (string | number)[]): string {
  return keys.reduce<string>((place, key) => {
    if (typeof key === "number") return `${place}[${key}]`;
    return IDENTIFIER.test(key) ? `${place}.${key}` : `${place}[${JSON.stringify(key)}]`;
  }, name);
}

/**
 * Writes one step of a JSON Pointer.
 *
 * @param key The key of a member, or the index of an element.
 * @returns The reference token with its slash.
 */
export function pointerStep(key: string | number): string {
  if (typeof key === "number") return `/${key}`;
  const needsEscape = key.includes("~") || key.includes("/");
  return `/${needsEscape ? key.replaceAll("~", "~0").replaceAll("/", "~1") : key}`;
}

/**
 * Reads one step of a JSON Pointer.
 *
 * @param token What stands between two slashes.
 * @returns The key; `undefined` where a `~` is followed by neither 0 nor 1.
 */
export function keyOfToken(token: string): string | undefined {
  if (!token.includes("~")) return token;
  if (/~(?![01])/.test(token)) return undefined;
  return token.replaceAll("~1", "/").replaceAll("~0", "~");
}
