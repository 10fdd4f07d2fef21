/**
 * Writes values as JSON, and names what cannot travel.
 *
 * @module
 */

import { limits } from "../base/limits.ts";
import { isPlain } from "./values/plain.ts";
import { writeValue } from "./values/write.ts";
import { fillPlain, type Refusal } from "./values/written.ts";

export type { Refusal } from "./values/written.ts";

/** What {@linkcode jsonOf} may be told. */
export interface JsonOptions {
  /**
   * How deep arrays and objects may nest; `[1]` is one level deep.
   *
   * @default {63}
   */
  readonly maxDepth?: number | undefined;
}

// Params and results stand one level below the message that carries them.
const MAX_DEPTH = limits.maxDepth - 1;

/**
 * Writes a value for somebody who reads JSON alone. What JSON does not carry is written in its plain
 * form: a Date as ISO 8601 text, bytes as base64, a BigInt as decimal text, a Map as an array of
 * entries, and so on. Members that are `undefined` are left out, and what has a `toJSON` is written as
 * that says. All else is refused.
 *
 * @param value The value; not `undefined`.
 * @param name What the value is called in a refusal, for instance `params`.
 * @param options How deep it may nest.
 * @returns Its text, or why there is none.
 *
 * @example
 * ```ts
 * import { jsonOf } from "./json.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(jsonOf({ when: new Date(0), none: undefined }, "params"), '{"when":"1970-01-01T00:00:00.000Z"}');
 * assertEquals(jsonOf({ f: () => 1 }, "params"), {
 *   reason: "params.f: a function cannot travel",
 * });
 * ```
 */
export function jsonOf(value: unknown, name: string, options?: JsonOptions): string | Refusal {
  // A finite number is written alike, and no call of JSON.stringify is needed to learn that.
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  try {
    if (isPlain(value, MAX_DEPTH, false)) return JSON.stringify(value);
  } catch {
    // The reason is told by what follows.
  }
  const written = writeValue(value, name, { maxDepth: options?.maxDepth, form: "json" });
  return typeof written === "object" && "texts" in written ? fillPlain(written) : written;
}
