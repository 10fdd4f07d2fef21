/**
 * `@std/encoding/base64` (RFC 4648, section 4), over the runtime's own codec.
 *
 * @module
 */

import { bytesOf, type Uint8Array_ } from "./_bytes.ts";

/**
 * Encodes bytes as base64 with padding.
 *
 * @param data Bytes, or text that stands for its UTF-8.
 * @returns The base64 text.
 */
export function encodeBase64(data: string | Uint8Array | ArrayBuffer): string {
  return bytesOf(data).toBase64();
}

/**
 * Decodes base64.
 *
 * @param b64 The base64 text.
 * @returns The bytes.
 * @throws {SyntaxError} When the text is not base64.
 */
export function decodeBase64(b64: string): Uint8Array_ {
  return Uint8Array.fromBase64(b64);
}
