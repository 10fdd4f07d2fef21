/**
 * Writes values. What JSON does not carry as it is gets a plain form, and its type is noted beside the
 * value, so that nothing in the value can be taken for such a note.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { isPlain } from "./plain.ts";
import { Unwritable, type WriteForm, Writing } from "./writing.ts";
import type { Refusal, WrittenValue } from "./written.ts";

/** What {@linkcode writeValue} may be told. */
export interface WriteOptions {
  /**
   * How deep arrays and objects may nest; `[1]` is one level deep.
   *
   * @default {63}
   */
  readonly maxDepth?: number | undefined;
  /**
   * Where the value stands in what its types are relative to, as a JSON Pointer.
   *
   * @default {""}
   */
  readonly at?: string | undefined;
  /**
   * What the other side reads: JSON alone, types with everything in the text, or bytes and streams
   * beside the text as well.
   *
   * @default {"holes"}
   */
  readonly form?: WriteForm | undefined;
}

// Params and results stand one level below the message that carries them.
const MAX_DEPTH = limits.maxDepth - 1;
const NO_OPTIONS: WriteOptions = Object.freeze({});

/**
 * Writes a value. A value that JSON carries as it is costs no more than to see that.
 *
 * @param value Any value.
 * @param name What the value is called in a refusal, for instance `params`.
 * @param options How deep it may nest, and where it stands.
 * @returns Its text where it has no typed place; otherwise its text with holes, and its types; or why
 * it cannot travel. Elements and entries of a Map or a Set are named as those of their arrays.
 *
 * @example
 * ```ts
 * import { writeValue } from "./write.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(writeValue({ a: 1 }, "params"), '{"a":1}');
 * assertEquals(writeValue({ n: [1n] }, "params"), {
 *   texts: ['{"n":["1"]}'],
 *   holes: [],
 *   types: '{"/n/0":"bigint"}',
 * });
 * assertEquals(writeValue({ list: [/x/] }, "params"), {
 *   reason: "params.list[0]: a RegExp cannot travel",
 * });
 * ```
 */
export function writeValue(
  value: unknown,
  name: string,
  options?: WriteOptions,
): string | WrittenValue | Refusal {
  // A finite number is written alike, and no call of JSON.stringify is needed to learn that.
  if (typeof value === "number" && value - value === 0 && value !== 0) return String(value);
  // Nearly every value ends here, so this stays short enough for the compiler to inline it.
  if (options !== undefined) return writeWith(value, name, options);
  try {
    if (isPlain(value, MAX_DEPTH, true)) return JSON.stringify(value);
  } catch (error) {
    return refusalOf(name, error);
  }
  return writeTyped(value, name, NO_OPTIONS);
}

function writeWith(
  value: unknown,
  name: string,
  options: WriteOptions,
): string | WrittenValue | Refusal {
  const { maxDepth = MAX_DEPTH, form } = options;
  try {
    // A cycle is not plain: it nests deeper than any bound.
    if (isPlain(value, Math.min(maxDepth, MAX_DEPTH), form !== "json")) {
      return JSON.stringify(value);
    }
  } catch (error) {
    return refusalOf(name, error);
  }
  return writeTyped(value, name, options);
}

function writeTyped(
  value: unknown,
  name: string,
  { maxDepth = MAX_DEPTH, form = "holes", at = "" }: WriteOptions,
): string | WrittenValue | Refusal {
  try {
    return new Writing(name, maxDepth, form, at).finish(value);
  } catch (error) {
    return refusalOf(name, error);
  }
}

function refusalOf(name: string, error: unknown): Refusal {
  if (error instanceof Unwritable) return { reason: error.message };
  // What a toJSON or a getter threw, or a text longer than the runtime can hold.
  const [reason = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  return { reason: `${name}: it cannot be written: ${reason}` };
}
