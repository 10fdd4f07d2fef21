/**
 * Lines and blobs out of a stream of bytes: a buffer that is read into directly.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { blobsTooLong } from "../../base/text/message_fitter.ts";
import { lineTooLong, oversizeLine } from "../../base/text/oversize_line.ts";
import { IncomingBlob, readBlobHeader } from "./incoming_blob.ts";
import { headOfLine, lastLineEnd, placeOfBlob } from "./line_search.ts";
import { borrow, borrowExactly, giveBack, type Memory, type ReadSizes } from "./memory_pool.ts";
import { MemoryViews } from "./memory_views.ts";

const LF = 0x0a;
const HASH = 0x23;
const NOTHING: Memory = new Uint8Array(0);

/**
 * Collects bytes until they contain whole lines. The reader asks for {@linkcode room}, reads into it,
 * says how much came with {@linkcode filled}, and takes the lines with {@linkcode take}.
 *
 * Invariants: `0 <= #start <= #searched <= #end <= #bytes.length` after each `take`. `#bytes` from
 * `#start` to `#end` was read and not taken; up to `#searched` it contains no LF. `#bytes` is either
 * `#own`, or borrowed memory while a line is too long for `#own`; then it goes back to the pool as
 * soon as that line is taken.
 *
 * Where blobs are taken, `#start <= #scanned <= #end`, and no line of a blob begins before `#scanned`.
 * While a blob is coming, it is read into its own memory, and `#start` is `#end`.
 */
export class LineBuffer {
  /** The longest line that is taken, in bytes without its LF. */
  maxLineBytes: number;
  readonly #sizes: ReadSizes;
  readonly #views = new MemoryViews();
  /** Memory of this buffer alone, borrowed by the first `room` until `release`. */
  #own: Memory = NOTHING;
  #bytes: Memory = NOTHING;
  /** Where the first line that was not taken begins. */
  #start = 0;
  /** Where the bytes that were read end. */
  #end = 0;
  /** How far the search for an LF has come. */
  #searched = 0;
  /** The line that is too long and has not ended yet: how it begins, and its bytes so far. */
  #oversize: { readonly head: string; bytes: number } | undefined;
  #takesBlobs = false;
  /** How far the search for the line of a blob has come. */
  #scanned = 0;
  /** The blob that is coming. */
  #blob: IncomingBlob | undefined;
  /** The lengths of the blobs, the one that is coming included, whose line has not been taken. */
  #blobBytes = 0;
  /** Whether `take` may give something before more is read; only where blobs are taken. */
  hasMore = false;

  /**
   * @param maxLineBytes The longest line that is taken, in bytes without its LF.
   * @param sizes How large the buffer starts and grows.
   */
  constructor(maxLineBytes: number, sizes: ReadSizes) {
    this.maxLineBytes = maxLineBytes;
    this.#sizes = sizes;
  }

  /** Whether lines `#LENGTH` announce blobs. */
  get takesBlobs(): boolean {
    return this.#takesBlobs;
  }

  set takesBlobs(takes: boolean) {
    this.#takesBlobs = takes;
    this.#scanned = this.#start;
  }

  /** How many bytes wait for the end of their line; for a blob that is coming, its memory counts. */
  get pendingBytes(): number {
    return this.#end - this.#start + this.#blobBytes - (this.#blob?.missingMemoryBytes ?? 0);
  }

  /** Whether nothing waits: what is read next begins a line. */
  get isAtLineStart(): boolean {
    return this.pendingBytes === 0 && this.#blob === undefined && this.#oversize === undefined;
  }

  /** @returns Free memory to read into, at least half of the initial length, or the rest of a blob. */
  room(): Memory {
    if (this.#blob !== undefined) return this.#blob.room();
    if (this.#own === NOTHING) this.#own = this.#bytes = borrowExactly(this.#sizes.initialBytes);
    if (this.#start === this.#end) this.#reset();
    if (this.#bytes.length - this.#end < this.#sizes.initialBytes / 2) this.#makeRoom();
    return this.#views.room(this.#bytes, this.#end, this.#sizes.readBytes);
  }

  #reset(): void {
    this.#start = this.#end = 0;
    this.#searched = this.#scanned = 0;
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
    this.#scanned -= this.#start;
    this.#start = 0;
    this.#end = pending.length;
  }

  /** Nothing more is read: gives the memory back. */
  release(): void {
    this.#start = this.#end;
    this.#reset();
    giveBack(this.#own);
    this.#own = this.#bytes = NOTHING;
  }

  /**
   * Says that bytes were read into the room.
   *
   * @param length How many.
   */
  filled(length: number): void {
    if (this.#blob !== undefined) return this.#blob.filled(length);
    this.#end += length;
    // Reads that fill their room come from a fast sender: offer more the next time.
    const own = this.#own;
    const isFull = this.#bytes === own && this.#end === own.length;
    if (!isFull || own.length >= this.#sizes.readBytes) return;
    this.#own = this.#bytes = new Uint8Array(this.#sizes.readBytes);
    this.#bytes.set(own);
    giveBack(own);
  }

  /**
   * Takes the whole lines that have come, or a whole blob. A line over the limit is not kept:
   * `oversizeLine` stands for it.
   *
   * @returns Text, each line ended by LF, or a blob, or `null` where neither is whole yet.
   * @throws {TransportError} `resource_exhausted` on a line over several times the limit, and on blobs
   * over the limit.
   */
  take(): string | Uint8Array | null {
    return this.#takesBlobs ? this.#takePiece() : this.#takeText();
  }

  #takePiece(): string | Uint8Array | null {
    const piece = this.#blob === undefined
      ? this.#takeText() ?? this.#takeBlobAtStart()
      : this.#takeBlob(this.#blob);
    this.hasMore = piece !== null && this.#start < this.#end && this.#scanned < this.#end;
    return piece;
  }

  #takeText(): string | null {
    if (this.#oversize === undefined) return this.#takeLines();
    const end = this.#bytes.subarray(this.#start, this.#end).indexOf(LF);
    this.#drop(end < 0 ? this.#end - this.#start : end);
    if (end < 0) return null;
    const { head, bytes } = this.#oversize;
    this.#oversize = undefined;
    this.#start++; // its LF
    return this.#oversizeLine(bytes, head) + (this.#takeLines() ?? "");
  }

  #takeLines(): string | null {
    const start = this.#start;
    const from = Math.max(this.#searched, start); // a blob was taken
    let end = lastLineEnd(this.#bytes, from, this.#end);
    let text = this.#takesBlobs && end >= 0 ? this.#linesAlone(end) : null;
    const limit = this.#takesBlobs && text === null ? this.#searchBlob(end) : this.#end;
    if (limit < this.#end) end = lastLineEnd(this.#bytes, from, limit);
    this.#searched = this.#scanned = limit;
    if (end < 0) {
      if (limit === this.#end) this.#beginOversize();
      return null;
    }
    this.#start = end;
    if (end - start - 1 > this.maxLineBytes - this.#blobBytes) {
      return this.#decodeEachLine(start, end);
    }
    text ??= this.#views.decode(this.#bytes, start, end);
    if (this.#blobBytes > 0 && text.trim() !== "") this.#blobBytes = 0;
    return text;
  }

  /** The text of all lines that have come, where no blob begins in it or behind it, as nearly always. */
  #linesAlone(end: number): string | null {
    // Behind a blob there may be another one, and then this would be for nothing.
    if (this.hasMore || (end < this.#end && this.#bytes[end] === HASH)) return null;
    if (end - this.#start > this.maxLineBytes - this.#blobBytes) return null;
    return this.#views.decodeLinesAlone(this.#bytes, this.#start, end);
  }

  /** Where the text ends that can be taken before a blob; `end` is that of the last line, or -1. */
  #searchBlob(end: number): number {
    const start = this.#start;
    if (end < 0 && this.#bytes[start] !== HASH) return this.#end; // no line begins behind `start`
    return placeOfBlob(this.#bytes, start, Math.max(this.#scanned, start), this.#end);
  }

  /** Where the line that is coming is too long already, only its beginning is kept. */
  #beginOversize(): void {
    const length = this.#end - this.#start;
    if (length <= this.maxLineBytes - this.#blobBytes) return;
    const head = headOfLine(this.#bytes, this.#start, this.#end);
    this.#oversize = { head, bytes: this.#blobBytes };
    this.#blobBytes = 0;
    this.#drop(length);
  }

  /** Takes the blob whose line stands first, where it is whole, or begins to read it. */
  #takeBlobAtStart(): Uint8Array | null {
    if (this.#oversize !== undefined || this.#scanned > this.#start) return null;
    const header = readBlobHeader(this.#bytes, this.#start, this.#end);
    if (this.#start === this.#end || header.kind !== "blob") return null;
    this.#blobBytes += header.length;
    if (this.#blobBytes > this.maxLineBytes) throw blobsTooLong(this.#blobBytes, this.maxLineBytes);
    this.#start += header.headerBytes;
    const blob = new IncomingBlob(header.length, this.#bytes.subarray(this.#start, this.#end));
    this.#start += blob.filledBytes;
    if (this.#start === this.#end) this.#reset();
    return this.#takeBlob(blob);
  }

  #takeBlob(blob: IncomingBlob): Uint8Array | null {
    this.#blob = blob.whole === undefined ? blob : undefined;
    return blob.whole ?? null;
  }

  /** Throws away the next bytes of the line that is too long. */
  #drop(length: number): void {
    const oversize = this.#oversize;
    if (oversize === undefined) return;
    this.#searched = this.#start += length;
    oversize.bytes += length;
    this.#checkOverrun(oversize.bytes);
  }

  /** Decodes lines of which at least one may be too long. */
  #decodeEachLine(start: number, end: number): string {
    let text = "";
    for (let at = start, lineEnd = 0; at < end; at = lineEnd + 1) {
      lineEnd = this.#bytes.indexOf(LF, at);
      const bytes = lineEnd - at + this.#blobBytes;
      const line = bytes <= this.maxLineBytes
        ? this.#views.decode(this.#bytes, at, lineEnd + 1)
        : this.#oversizeLine(bytes, headOfLine(this.#bytes, at, lineEnd));
      if (this.#blobBytes > 0 && line.trim() !== "") this.#blobBytes = 0;
      text += line;
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
   * Takes bytes that were read elsewhere, where blobs are not taken.
   *
   * @param bytes They are copied.
   * @returns As `take`.
   * @throws {TransportError} As `take`.
   */
  append(bytes: Uint8Array): string | null {
    let lines: string | null = null;
    for (let at = 0; at < bytes.length;) {
      at += this.put(bytes.subarray(at));
      const taken = this.#takeText();
      if (taken !== null) lines = lines === null ? taken : lines + taken;
    }
    return lines;
  }

  /**
   * Puts in bytes that were read elsewhere, as many as there is room for.
   *
   * @param bytes They are copied.
   * @returns How many were put in; `take` must be asked before more are.
   */
  put(bytes: Uint8Array): number {
    const room = this.room();
    const part = bytes.subarray(0, room.length);
    room.set(part);
    this.filled(part.length);
    return part.length;
  }
}
