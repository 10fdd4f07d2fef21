/**
 * The Huffman code of header strings.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7541#appendix-B | RFC 7541}, appendix B
 * @module
 */

/** The bits of the code of each byte, and of the end of a string. The code is canonical. */
// deno-fmt-ignore
const LENGTHS: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6,
  6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5,
  6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24,
  23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21,
  23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26,
  26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21,
  26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26,
  26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
];

const END = 256;
const MAX_BITS = 30;

/** The first code of each length, how many there are, and where their symbols stand in `SYMBOLS`. */
const FIRST = new Uint32Array(MAX_BITS + 1);
const COUNT = new Uint32Array(MAX_BITS + 1);
const OFFSET = new Uint32Array(MAX_BITS + 1);
const SYMBOLS: number[] = [];

for (let bits = 1, code = 0; bits <= MAX_BITS; bits++, code *= 2) {
  FIRST[bits] = code;
  OFFSET[bits] = SYMBOLS.length;
  for (let symbol = 0; symbol <= END; symbol++) {
    if (LENGTHS[symbol] !== bits) continue;
    SYMBOLS.push(symbol);
    code++;
  }
  COUNT[bits] = SYMBOLS.length - OFFSET[bits]!;
}

/**
 * Decodes a string.
 *
 * @param bytes Where it stands.
 * @param from Its first byte.
 * @param to The byte behind it.
 * @returns The string, a character for each byte; `undefined` for bytes that are no such code.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { decodeHuffman } from "./huffman.ts";
 *
 * assertEquals(decodeHuffman(new Uint8Array([0x64, 0x02]), 0, 2), "302");
 * ```
 */
export function decodeHuffman(bytes: Uint8Array, from: number, to: number): string | undefined {
  const symbols: number[] = [];
  let code = 0;
  let bits = 0;
  for (let at = from; at < to; at++) {
    for (let shift = 7; shift >= 0; shift--) {
      code = code * 2 + (bytes[at]! >> shift & 1);
      bits++;
      const place = code - FIRST[bits]!;
      if (place >= COUNT[bits]!) {
        if (bits === MAX_BITS) return undefined;
        continue;
      }
      const symbol = SYMBOLS[OFFSET[bits]! + place]!;
      if (symbol === END) return undefined; // section 5.2
      symbols.push(symbol);
      code = 0;
      bits = 0;
    }
  }
  // What is left are less than eight bits, all of them 1: the beginning of the end (section 5.2).
  if (bits > 7 || code !== 2 ** bits - 1) return undefined;
  return String.fromCharCode(...symbols);
}
