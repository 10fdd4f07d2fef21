/**
 * What structured clones lose, and what they refuse.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { placeName } from "../../protocol/values/place.ts";
import { isPlain } from "../../protocol/values/plain.ts";

/**
 * Whether a value holds a URL, whose clone is an empty object, or an error, whose clone has neither its
 * code nor its data.
 *
 * @param value Any value.
 */
export function holdsWhatClonesLose(value: unknown): boolean {
  try {
    if (isPlain(value, limits.maxDepth, false)) return false;
    const isLost = (part: unknown) => part instanceof URL || part instanceof Error;
    return find(value, isLost, [], new Set()) !== undefined;
  } catch {
    return false; // A getter that throws: the clone says so.
  }
}

/**
 * Where a value holds a function, a symbol or a promise.
 *
 * @param value A value that could not be cloned.
 * @returns The place, for instance `value.list[3].when`; `undefined` where something else is wrong.
 */
export function placeOfUncloneable(value: unknown): string | undefined {
  const isRefused = (part: unknown) =>
    typeof part === "function" || typeof part === "symbol" || part instanceof Promise ||
    part instanceof WeakMap || part instanceof WeakSet;
  try {
    const path = find(value, isRefused, [], new Set());
    return path && placeName("value", path);
  } catch {
    return undefined;
  }
}

type Path = (string | number)[];

/** The path to the first part that fits; entries of a Map are named as arrays of key and value. */
function find(
  value: unknown,
  fits: (part: unknown) => boolean,
  path: Path,
  seen: Set<unknown>,
): Path | undefined {
  if (fits(value)) return path;
  if (typeof value !== "object" || value === null || seen.has(value)) return undefined;
  if (ArrayBuffer.isView(value)) return undefined;
  seen.add(value);
  const isList = Array.isArray(value) || value instanceof Map || value instanceof Set;
  for (const [key, part] of isList ? [...value].entries() : Object.entries(value)) {
    const found = find(part, fits, [...path, key], seen);
    if (found !== undefined) return found;
  }
  return undefined;
}
