/**
 * `@std/encoding/base64url` (RFC 4648, section 5), over the runtime's own codec.
 *
 * @module
 */

import { bytesOf, type Uint8Array_ } from "./_bytes.ts";

/**
 * Encodes bytes as base64url without padding.
 *
 * @param data Bytes, or text that stands for its UTF-8.
 * @returns The base64url text.
 */
export function encodeBase64Url(data: string | Uint8Array | ArrayBuffer): string {
  return bytesOf(data).toBase64({ alphabet: "base64url", omitPadding: true });
}

/**
 * Decodes base64url without padding.
 *
 * @param b64url The base64url text.
 * @returns The bytes.
 * @throws {SyntaxError} When the text is not base64url.
 */
export function decodeBase64Url(b64url: string): Uint8Array_ {
  return Uint8Array.fromBase64(b64url, { alphabet: "base64url" });
}
