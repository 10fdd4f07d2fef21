/**
 * Lines out of a stream of bytes: a buffer that is read into directly and handed on as text.
 *
 * @module
 */

import { Buffer } from "node:buffer"; // its latin1 text is the fastest way to search bytes, see text.ts
import { TransportError } from "../base/errors.ts";
import { decodeLines } from "./text.ts";

const LF = 0x0a;
const TAIL_BYTES = 4 * 1024;

/** How large a {@linkcode LineBuffer} starts and grows by reading. */
export interface LineBufferSizes {
  /** Bytes allocated at first. */
  readonly initialBytes: number;
  /** Bytes offered to one read at the most; longer lines still make the buffer grow. */
  readonly readBytes: number;
}

/**
 * Collects bytes until they hold whole lines. The reader asks for {@linkcode room}, reads into it,
 * tells how much came, and takes the lines.
 */
export class LineBuffer {
  /** The longest line that is taken, in bytes without its LF. */
  maxLineBytes: number;
  readonly #sizes: LineBufferSizes;
  #bytes: Uint8Array<ArrayBuffer>;
  #start = 0;
  #end = 0;
  #searched = 0;

  /**
   * @param maxLineBytes The longest line that is taken, in bytes without its LF.
   * @param sizes How large the buffer starts and grows.
   */
  constructor(maxLineBytes: number, sizes: LineBufferSizes) {
    this.maxLineBytes = maxLineBytes;
    this.#sizes = sizes;
    this.#bytes = new Uint8Array(sizes.initialBytes);
  }

  /** How many bytes wait for the end of their line. */
  get pendingBytes(): number {
    return this.#end - this.#start;
  }

  /** @returns Free memory to read into, at least half a read long. */
  room(): Uint8Array<ArrayBuffer> {
    const { initialBytes, readBytes } = this.#sizes;
    if (this.#start === this.#end) {
      this.#start = this.#end = this.#searched = 0;
      // A long line has passed: give its memory back.
      if (this.#bytes.length > 2 * readBytes) this.#bytes = new Uint8Array(readBytes);
    }
    if (this.#bytes.length - this.#end < initialBytes / 2) this.#makeRoom();
    return this.#bytes.subarray(this.#end, this.#end + readBytes);
  }

  #makeRoom(): void {
    const pending = this.pendingBytes;
    const bytes = pending > this.#bytes.length / 2
      ? new Uint8Array(2 * this.#bytes.length)
      : this.#bytes;
    bytes.set(this.#bytes.subarray(this.#start, this.#end));
    this.#bytes = bytes;
    this.#searched -= this.#start;
    this.#start = 0;
    this.#end = pending;
  }

  /**
   * Tells that bytes came into the room.
   *
   * @param length How many.
   */
  filled(length: number): void {
    this.#end += length;
    // Reads that fill their room come from a fast sender: offer more the next time.
    const { readBytes } = this.#sizes;
    if (this.#end === this.#bytes.length && this.#bytes.length < readBytes) {
      const bytes = new Uint8Array(Math.min(2 * this.#bytes.length, readBytes));
      bytes.set(this.#bytes.subarray(0, this.#end));
      this.#bytes = bytes;
    }
  }

  /**
   * Takes the whole lines that have come.
   *
   * @returns Their text, each line ended by LF, or `null` where none is whole yet.
   * @throws {TransportError} `resource_exhausted` on a line over the limit.
   */
  take(): string | null {
    const end = this.#lastLineEnd();
    this.#searched = this.#end;
    if (end < 0) {
      if (this.pendingBytes > this.maxLineBytes) throw this.#tooLong();
      return null;
    }
    const lines = this.#bytes.subarray(this.#start, end);
    if (lines.length - 1 > this.maxLineBytes) this.#checkEachLine(lines);
    this.#start = end;
    return decodeLines(lines);
  }

  /** The place behind the last LF, or -1. Bytes that were searched before are not searched again. */
  #lastLineEnd(): number {
    const bytes = this.#bytes;
    const end = this.#end;
    if (end > this.#searched && bytes[end - 1] === LF) return end;
    const tail = Math.max(this.#searched, end - TAIL_BYTES);
    const near = bytes.subarray(tail, end).lastIndexOf(LF);
    if (near >= 0) return tail + near + 1;
    if (tail === this.#searched) return -1;
    const text = Buffer.from(bytes.buffer, this.#searched, tail - this.#searched).toString(
      "latin1",
    );
    let last = -1;
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) last = at;
    return last < 0 ? -1 : this.#searched + last + 1;
  }

  #checkEachLine(lines: Uint8Array): void {
    for (let start = 0; start < lines.length;) {
      const end = lines.indexOf(LF, start);
      if (end - start > this.maxLineBytes) throw this.#tooLong();
      start = end + 1;
    }
  }

  #tooLong(): TransportError {
    return new TransportError(
      "resource_exhausted",
      `A line is longer than ${this.maxLineBytes} bytes`,
      { retryable: false },
    );
  }
}
