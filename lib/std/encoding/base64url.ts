/**
 * `@std/encoding/base64url` (RFC 4648, section 5), over the runtime's own codec.
 *
 * @module
 */

import { decode } from "./_base64.ts";
import { bytesOf, type Uint8Array_ } from "./_bytes.ts";
import { codec } from "./_codec.ts";

/**
 * Encodes bytes as base64url without padding.
 *
 * @param data Bytes, or text that stands for its UTF-8.
 * @returns The base64url text.
 */
export function encodeBase64Url(data: string | Uint8Array | ArrayBuffer): string {
  const text = codec.toBase64(bytesOf(data));
  return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/**
 * Decodes base64url without padding.
 *
 * @param b64url The base64url text.
 * @returns The bytes.
 * @throws {RangeError} When the text has a length that base64url never has.
 * @throws {TypeError} When a character is not of the alphabet.
 */
export function decodeBase64Url(b64url: string): Uint8Array_ {
  return decode(b64url, "base64url");
}
