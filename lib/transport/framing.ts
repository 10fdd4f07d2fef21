/**
 * Lines out of a stream of bytes: a buffer that is read into directly and handed on as text.
 *
 * @module
 */

import { Buffer } from "node:buffer"; // its latin1 text is the fastest way to search bytes, see text.ts
import { limits } from "../base/limits.ts";
import { lineTooLong, oversizeLine } from "../base/text/oversize_line.ts";
import { borrow, giveBack, type Memory } from "./memory_pool.ts";
import { decodeLines } from "./text.ts";

const LF = 0x0a;
const { lineTailBytes: TAIL_BYTES } = limits;
const NOTHING: Memory = new Uint8Array(0);

/** How large a {@linkcode LineBuffer} starts and grows by reading. */
export interface LineBufferSizes {
  /** Bytes allocated at first. */
  readonly initialBytes: number;
  /** Bytes offered to one read at the most; longer lines still make the buffer grow. */
  readonly readBytes: number;
}

/**
 * Collects bytes until they contain whole lines. The reader asks for {@linkcode room}, reads into it,
 * says how much came with {@linkcode filled}, and takes the lines with {@linkcode take}.
 *
 * Invariant: `0 <= #start <= #searched <= #end <= #bytes.length` after each `take`. `#bytes` from
 * `#start` to `#end` was read and not taken; up to `#searched` it contains no LF. `#bytes` is either
 * `#own`, or borrowed memory while a line is too long for `#own`; then it goes back to the pool as
 * soon as that line is taken.
 */
export class LineBuffer {
  /** The longest line that is taken, in bytes without its LF. */
  maxLineBytes: number;
  readonly #sizes: LineBufferSizes;
  /** Memory of this buffer alone, allocated by the first `room`. */
  #own: Memory = NOTHING;
  /** Where bytes are collected now. */
  #bytes: Memory = NOTHING;
  /** Where the first line that was not taken begins. */
  #start = 0;
  /** Where the bytes that were read end. */
  #end = 0;
  /** How far the search for an LF has come. */
  #searched = 0;
  /** The line that is too long and has not ended yet: how it begins, and its bytes so far. */
  #oversize: { readonly head: string; bytes: number } | undefined;

  /**
   * @param maxLineBytes The longest line that is taken, in bytes without its LF.
   * @param sizes How large the buffer starts and grows.
   */
  constructor(maxLineBytes: number, sizes: LineBufferSizes) {
    this.maxLineBytes = maxLineBytes;
    this.#sizes = sizes;
  }

  /** How many bytes wait for the end of their line. */
  get pendingBytes(): number {
    return this.#end - this.#start;
  }

  /** @returns Free memory to read into, at least half of the initial length. */
  room(): Memory {
    if (this.#own === NOTHING) this.#own = this.#bytes = new Uint8Array(this.#sizes.initialBytes);
    if (this.#start === this.#end) this.#reset();
    if (this.#bytes.length - this.#end < this.#sizes.initialBytes / 2) this.#makeRoom();
    return this.#bytes.subarray(this.#end, this.#end + this.#sizes.readBytes);
  }

  #reset(): void {
    this.#start = this.#end = this.#searched = 0;
    if (this.#bytes === this.#own) return;
    giveBack(this.#bytes); // the long line was taken
    this.#bytes = this.#own;
  }

  #makeRoom(): void {
    const pending = this.#bytes.subarray(this.#start, this.#end);
    const before = this.#bytes;
    if (pending.length > before.length / 2) this.#bytes = borrow(4 * before.length);
    this.#bytes.set(pending);
    if (before !== this.#bytes && before !== this.#own) giveBack(before);
    this.#searched -= this.#start;
    this.#start = 0;
    this.#end = pending.length;
  }

  /**
   * Says that bytes were read into the room.
   *
   * @param length How many.
   */
  filled(length: number): void {
    this.#end += length;
    // Reads that fill their room come from a fast sender: offer more the next time.
    const own = this.#own;
    if (this.#end < own.length || own.length >= this.#sizes.readBytes || this.#bytes !== own) {
      return;
    }
    this.#own = this.#bytes = new Uint8Array(this.#sizes.readBytes);
    this.#bytes.set(own);
  }

  /**
   * Takes the whole lines that have come. A line over the limit is not kept: `oversizeLine` stands
   * for it.
   *
   * @returns Their text, each line ended by LF, or `null` where none is whole yet.
   * @throws {TransportError} `resource_exhausted` on a line over several times the limit.
   */
  take(): string | null {
    if (this.#oversize === undefined) return this.#takeLines();
    const end = this.#bytes.subarray(this.#start, this.#end).indexOf(LF);
    this.#drop(end < 0 ? this.pendingBytes : end);
    if (end < 0) return null;
    const { head, bytes } = this.#oversize;
    this.#oversize = undefined;
    this.#start++; // its LF
    return this.#oversizeLine(bytes, head) + (this.#takeLines() ?? "");
  }

  #takeLines(): string | null {
    const end = this.#lastLineEnd();
    this.#searched = this.#end;
    if (end < 0) {
      if (this.pendingBytes > this.maxLineBytes) {
        this.#oversize = { head: this.#head(this.#start, this.#end), bytes: 0 };
        this.#drop(this.pendingBytes);
      }
      return null;
    }
    const start = this.#start;
    this.#start = end;
    if (end - start - 1 > this.maxLineBytes) return this.#decodeEachLine(start, end);
    return decodeLines(this.#bytes.subarray(start, end));
  }

  /** Throws away the next bytes of the line that is too long. */
  #drop(length: number): void {
    const oversize = this.#oversize;
    if (oversize === undefined) return;
    this.#start += length;
    this.#searched = this.#start;
    oversize.bytes += length;
    this.#checkOverrun(oversize.bytes);
  }

  /** How a line begins, as text. */
  #head(start: number, end: number): string {
    const bytes = this.#bytes.subarray(start, Math.min(end, start + limits.oversizeHeadBytes));
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
  }

  /** Decodes lines of which at least one may be too long. */
  #decodeEachLine(start: number, end: number): string {
    let text = "";
    for (let at = start; at < end;) {
      const lineEnd = this.#bytes.indexOf(LF, at);
      text += lineEnd - at <= this.maxLineBytes
        ? decodeLines(this.#bytes.subarray(at, lineEnd + 1))
        : this.#oversizeLine(lineEnd - at, this.#head(at, lineEnd));
      at = lineEnd + 1;
    }
    return text;
  }

  #oversizeLine(bytes: number, head: string): string {
    this.#checkOverrun(bytes);
    return `${oversizeLine({ bytes, maxBytes: this.maxLineBytes, head })}\n`;
  }

  #checkOverrun(bytes: number): void {
    const most = limits.maxLineOverrun * this.maxLineBytes;
    if (bytes > most) throw lineTooLong(this.maxLineBytes, most);
  }

  /**
   * Takes bytes that were read elsewhere.
   *
   * @param bytes They are copied, except where they are whole lines and nothing waits before them.
   * @returns As `take`.
   * @throws {TransportError} As `take`.
   */
  append(bytes: Uint8Array): string | null {
    const isWhole = this.#start === this.#end && this.#oversize === undefined &&
      bytes.at(-1) === LF;
    if (isWhole && bytes.length <= this.maxLineBytes) return decodeLines(bytes);
    let lines: string | null = null;
    for (let at = 0; at < bytes.length;) {
      const room = this.room();
      const part = bytes.subarray(at, at + room.length);
      room.set(part);
      this.filled(part.length);
      at += part.length;
      const taken = this.take();
      if (taken !== null) lines = lines === null ? taken : lines + taken;
    }
    return lines;
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
}
