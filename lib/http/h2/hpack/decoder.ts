/**
 * Header blocks as they come.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7541 | RFC 7541}
 * @module
 */

import { decodeHuffman } from "./huffman.ts";
import { DynamicTable } from "./dynamic_table.ts";
import { type Header, staticTable } from "./static_table.ts";

/** A block that is no HPACK; the state of its connection is lost with it. */
export class HpackError extends Error {
  override readonly name = "HpackError";
}

/** What a header counts beside its name and value (RFC 9113 section 6.5.2). */
const HEADER_OVERHEAD_BYTES = 32;

/** What the decoder takes. */
export interface HpackBounds {
  /** The most bytes of the table of headers that were sent before. */
  readonly maxTableBytes: number;
  /** The most bytes of the headers of one block, each with 32 more. */
  readonly maxListBytes: number;
  /** The most headers of one block. */
  readonly maxHeaders: number;
}

/** The headers of a block. */
export interface HeaderList {
  /** The headers, in their order. */
  readonly headers: readonly Header[];
  /** Whether there were more of them, or longer ones, than are taken: those are left out. */
  readonly isCut: boolean;
}

/** Decodes the header blocks of one connection, in the order in which they come. */
export class HpackDecoder {
  readonly #bounds: HpackBounds;
  readonly #table: DynamicTable;
  #bytes = new Uint8Array(0);
  #at = 0;

  /** @param bounds What it takes. */
  constructor(bounds: HpackBounds) {
    this.#bounds = bounds;
    this.#table = new DynamicTable(bounds.maxTableBytes);
  }

  /**
   * Decodes a block. A block whose headers are too many or too long is read to its end, since it changes
   * the table, and costs no more than its own length.
   *
   * @param block The whole block.
   * @throws {HpackError} For bytes that are no header block.
   */
  decode(block: Uint8Array): HeaderList {
    this.#bytes = block as Uint8Array<ArrayBuffer>;
    this.#at = 0;
    const { maxListBytes, maxHeaders } = this.#bounds;
    const headers: Header[] = [];
    let listBytes = 0;
    let isCut = false;
    let isFirst = true;
    while (this.#at < block.length) {
      const byte = block[this.#at]!;
      if ((byte & 0xe0) === 0x20) {
        if (!isFirst) throw new HpackError("The size of the table changes within a block");
        this.#resize();
        continue;
      }
      isFirst = false;
      const header = this.#header(byte);
      listBytes += header[0].length + header[1].length + HEADER_OVERHEAD_BYTES;
      if (listBytes > maxListBytes || headers.length >= maxHeaders) isCut = true;
      else headers.push(header);
    }
    return { headers, isCut };
  }

  #resize(): void {
    const bytes = this.#integer(5);
    if (bytes > this.#bounds.maxTableBytes) {
      throw new HpackError(`The table is to have ${bytes} bytes`);
    }
    this.#table.resize(bytes);
  }

  #header(byte: number): Header {
    if (byte >= 0x80) return this.#indexed(this.#integer(7));
    if (byte >= 0x40) {
      const header = this.#literal(6);
      this.#table.add(header);
      return header;
    }
    return this.#literal(4);
  }

  #literal(prefixBits: number): Header {
    const index = this.#integer(prefixBits);
    const name = index === 0 ? this.#string() : this.#indexed(index)[0];
    return [name, this.#string()];
  }

  #indexed(index: number): Header {
    const header = index < staticTable.length
      ? staticTable[index]
      : this.#table.at(index - staticTable.length);
    if (header === undefined || index === 0) {
      throw new HpackError(`There is no header with the index ${index}`);
    }
    return header;
  }

  /** Section 5.1. A number that needs more than four bytes more is longer than any block. */
  #integer(prefixBits: number): number {
    const most = 2 ** prefixBits - 1;
    let value = this.#byte() & most;
    if (value < most) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.#byte();
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new HpackError("A number is too long");
  }

  #string(): string {
    const isHuffman = this.#bytes[this.#at]! >= 0x80;
    const length = this.#integer(7);
    const from = this.#at;
    const to = from + length;
    if (to > this.#bytes.length) throw new HpackError("A string goes beyond its block");
    this.#at = to;
    if (!isHuffman) return String.fromCharCode(...this.#bytes.subarray(from, to));
    const text = decodeHuffman(this.#bytes, from, to);
    if (text === undefined) throw new HpackError("A string is no Huffman code");
    return text;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new HpackError("The block ends within a header");
    return byte;
  }
}
