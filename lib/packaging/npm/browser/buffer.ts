/**
 * What the client needs of node:buffer, where there is none.
 *
 * @module
 */

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Stands for node:buffer's in a browser. */
export const Buffer = {
  /** The length of a text in bytes of UTF-8. */
  byteLength: (text: string): number => encoder.encode(text).length,
  /** A view of memory that can be read as text. */
  from: (memory: ArrayBuffer, start: number, length: number): Readable =>
    new Readable(new Uint8Array(memory, start, length)),
};

/** Bytes that can be read as text. */
class Readable {
  readonly #bytes: Uint8Array<ArrayBuffer>;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
  }

  /** Reads the text; callers read as `latin1` what is ASCII. */
  toString(_encoding: "latin1" | "utf8"): string {
    return decoder.decode(this.#bytes);
  }
}

/** Whether bytes are known to be ASCII: browsers decode UTF-8 as fast, so it is not looked at. */
export function isAscii(_bytes: Uint8Array): boolean {
  return false;
}

/** Whether bytes are UTF-8. */
export function isUtf8(bytes: Uint8Array<ArrayBuffer>): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
