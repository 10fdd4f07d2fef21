/**
 * `@std/encoding/base64` (RFC 4648, section 4), over the runtime's own codec.
 *
 * @module
 */

import { decode } from "./_base64.ts";
import { bytesOf, type Uint8Array_ } from "./_bytes.ts";
import { codec } from "./_codec.ts";

/**
 * Encodes bytes as base64 with padding.
 *
 * @param data Bytes, or text that stands for its UTF-8.
 * @returns The base64 text.
 */
export function encodeBase64(data: string | Uint8Array | ArrayBuffer): string {
  return codec.toBase64(bytesOf(data));
}

/**
 * Decodes base64.
 *
 * @param b64 The base64 text.
 * @returns The bytes.
 * @throws {RangeError} When the text has a length that base64 never has.
 * @throws {TypeError} When a character is not of the alphabet.
 */
export function decodeBase64(b64: string): Uint8Array_ {
  return decode(b64, "base64");
}
