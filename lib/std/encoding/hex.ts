/**
 * `@std/encoding/hex`, over the runtime's own codec.
 *
 * @module
 */

import { bytesOf, checkEncoded, type Uint8Array_ } from "./_bytes.ts";
import { codec } from "./_codec.ts";

/**
 * Encodes bytes as lower-case hexadecimal.
 *
 * @param src Bytes, or text that stands for its UTF-8.
 * @returns Two digits a byte.
 */
export function encodeHex(src: string | Uint8Array | ArrayBuffer): string {
  return codec.toHex(bytesOf(src));
}

/**
 * Decodes hexadecimal of either case.
 *
 * @param src Two digits a byte.
 * @returns The bytes.
 * @throws {RangeError} When the number of digits is odd.
 * @throws {TypeError} When a character is not a digit.
 */
export function decodeHex(src: string): Uint8Array_ {
  checkEncoded(src, "hex", /[0-9A-Fa-f]/, (length) => length % 2 === 0);
  return codec.fromHex(src);
}
