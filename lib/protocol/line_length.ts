/**
 * How long a line is on the wire.
 *
 * @module
 */

import { byteLength } from "../base/text/byte_length.ts";

/** A UTF-16 unit takes three bytes of UTF-8 at the most. */
const BYTES_PER_UNIT = 3;

/**
 * Looks whether a text is too long for a line. A text that is short enough costs a comparison.
 *
 * @param text The text of a message.
 * @param maxBytes The longest line that the other side takes, in bytes of UTF-8 without its LF.
 * @returns The length of the text in bytes where that is more, otherwise `undefined`.
 *
 * @example
 * ```ts
 * import { excessLength } from "./line_length.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(excessLength("äöü", 5), 6);
 * assertEquals(excessLength("äöü", 6), undefined);
 * ```
 */
export function excessLength(text: string, maxBytes: number): number | undefined {
  if (text.length * BYTES_PER_UNIT <= maxBytes) return undefined;
  const bytes = byteLength(text);
  return bytes > maxBytes ? bytes : undefined;
}
