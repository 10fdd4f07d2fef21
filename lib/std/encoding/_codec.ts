import type { Uint8Array_ } from "./_bytes.ts";

/** Bytes to text and back. What it is given to decode was checked before. */
export interface Codec {
  toBase64(bytes: Uint8Array): string;
  fromBase64(text: string): Uint8Array_;
  toHex(bytes: Uint8Array): string;
  fromHex(text: string): Uint8Array_;
}

/** The runtime's own, which Node has not before its release 25. */
export const builtInCodec: Codec = {
  toBase64: (bytes) => bytes.toBase64(),
  fromBase64: (text) => Uint8Array.fromBase64(text),
  toHex: (bytes) => bytes.toHex(),
  fromHex: (text) => Uint8Array.fromHex(text),
};

/** What every runtime can do, ten times slower. */
export const portableCodec: Codec = {
  toBase64: (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")),
  fromBase64: (text) => Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0)),
  toHex: (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(""),
  fromHex: (text) =>
    Uint8Array.from(
      { length: text.length / 2 },
      (_, at) => Number.parseInt(text.slice(2 * at, 2 * at + 2), 16),
    ),
};

/** The one that is used here. */
export const codec: Codec = typeof Uint8Array.prototype.toBase64 === "function"
  ? builtInCodec
  : portableCodec;
