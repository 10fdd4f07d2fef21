/**
 * Base64 (RFC 4648, section 4) by the runtime's own codec. Node before its release 25 has none; there
 * it takes ten times as long.
 *
 * @module
 */

const isBuiltIn = typeof Uint8Array.prototype.toBase64 === "function";

/**
 * Encodes bytes with padding.
 *
 * @param bytes The bytes.
 * @returns The text.
 */
export const toBase64: (bytes: Uint8Array) => string = isBuiltIn
  ? (bytes) => bytes.toBase64()
  : toBase64Portably;

/**
 * Decodes base64.
 *
 * @param text Padded, without white space.
 * @returns The bytes; `undefined` where the text is none of it.
 */
export const fromBase64: (text: string) => Uint8Array<ArrayBuffer> | undefined = isBuiltIn
  ? fromBase64ByRuntime
  : fromBase64Portably;

function fromBase64ByRuntime(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const bytes = Uint8Array.fromBase64(text, { lastChunkHandling: "strict" });
    // The runtime skips white space; then the text is longer than its bytes need.
    return Math.ceil(bytes.length / 3) * 4 === text.length ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** As {@linkcode toBase64}, by what every runtime has. */
export function toBase64Portably(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** As {@linkcode fromBase64}, by what every runtime has. */
export function fromBase64Portably(text: string): Uint8Array<ArrayBuffer> | undefined {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0));
  } catch {
    return undefined;
  }
  // atob takes white space, missing padding and bits that are left over.
  return toBase64Portably(bytes) === text ? bytes : undefined;
}
