/**
 * How long a line is on the wire.
 *
 * @module
 */

const encoder = new TextEncoder();
/** A UTF-16 unit takes three bytes of UTF-8 at the most. */
const MAX_BYTES_PER_UNIT = 3;
const SLICE_LENGTH = 16_384;

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
  if (text.length * MAX_BYTES_PER_UNIT <= maxBytes) return undefined;
  const bytes = utf8LengthOf(text);
  return bytes > maxBytes ? bytes : undefined;
}

/** Counted slice by slice: the bytes of a very long text are as much memory again. */
function utf8LengthOf(text: string): number {
  const room = new Uint8Array(SLICE_LENGTH * MAX_BYTES_PER_UNIT);
  let bytes = 0;
  for (let at = 0; at < text.length;) {
    let end = at + SLICE_LENGTH;
    if (isHighSurrogate(text.charCodeAt(end - 1))) end--; // a pair is one character of four bytes
    bytes += encoder.encodeInto(text.slice(at, end), room).written;
    at = end;
  }
  return bytes;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
