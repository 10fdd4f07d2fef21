/**
 * Blobs: bytes that travel beside the lines of a connection, each behind a line `#LENGTH`.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { Memory } from "./memory_pool.ts";

const LF = 0x0a;
const ZERO = 0x30;
const NINE = 0x39;
const { maxBlobLengthDigits: MAX_DIGITS } = limits;

/** What stands at a place where the line of a blob may begin. */
export type BlobHeader =
  | { readonly kind: "blob"; readonly length: number; readonly headerBytes: number }
  /** A line as any other. */
  | { readonly kind: "line" }
  /** What has come so far may still become the line of a blob. */
  | { readonly kind: "part" };

const LINE: BlobHeader = { kind: "line" };
const PART: BlobHeader = { kind: "part" };

/**
 * Reads a line `#LENGTH`.
 *
 * @param bytes What was read.
 * @param at Where a line begins in it, with `#`.
 * @param end Where the bytes that were read end.
 * @returns The length, or that it is no such line, or that more has to come first.
 */
export function readBlobHeader(bytes: Uint8Array, at: number, end: number): BlobHeader {
  let length = 0;
  for (let digits = 0; at + 1 + digits < end; digits++) {
    const byte = bytes[at + 1 + digits] ?? LF;
    if (byte === LF) {
      return digits === 0 ? LINE : { kind: "blob", length, headerBytes: digits + 2 };
    }
    const isLeadingZero = digits === 1 && length === 0;
    if (byte < ZERO || byte > NINE || digits === MAX_DIGITS || isLeadingZero) return LINE;
    length = 10 * length + (byte - ZERO);
  }
  return PART;
}

/** How long the last long blob was that came whole; 0 before the first one. */
let lastBytes = 0;
/** Memory for the next blob of that length: one for the whole thread. */
let spare: Memory | undefined;

/**
 * Makes memory for a blob as long as the last one. While a receiver clears new memory, its sender waits
 * for room; whoever has sent a blob waits anyway, and usually for one of the same length.
 */
export function prepareBlobMemory(): void {
  if (lastBytes > 0 && spare?.length !== lastBytes) spare = new Uint8Array(lastBytes);
}

/**
 * A blob that is being received. Its memory grows with what has come, so that the length that the
 * other side announces costs nothing; but memory that was made ahead is taken as it is.
 *
 * Invariant: `#filled <= #memory.length <= length`.
 */
export class IncomingBlob {
  /** How many bytes it has. */
  readonly length: number;
  /** Memory of this blob alone; its receiver owns it in the end. */
  #memory: Memory;
  #filled: number;

  /**
   * @param length How many bytes it has.
   * @param come What was read behind its line; copied as far as it belongs to the blob.
   */
  constructor(length: number, come: Uint8Array) {
    this.length = length;
    this.#filled = Math.min(length, come.length);
    this.#memory = takeSpare(length) ?? this.#allocate();
    this.#memory.set(come.subarray(0, this.#filled));
  }

  /** How many bytes have come. */
  get filledBytes(): number {
    return this.#filled;
  }

  /** How many bytes of memory it does not take yet. */
  get missingMemoryBytes(): number {
    return this.length - this.#memory.length;
  }

  /** The bytes, once all have come. */
  get whole(): Memory | undefined {
    return this.#filled === this.length ? this.#memory : undefined;
  }

  /** @returns Memory to read into, never beyond the end of the blob. */
  room(): Memory {
    // Early, because each read costs more than the copy of what has come.
    const isShort = 2 * this.#filled >= this.#memory.length && this.#memory.length < this.length;
    if (isShort) {
      const before = this.#memory.subarray(0, this.#filled);
      this.#memory = this.#allocate();
      this.#memory.set(before);
    }
    return this.#memory.subarray(this.#filled);
  }

  /** Says that bytes were read into the room. */
  filled(length: number): void {
    this.#filled += length;
    const isLong = this.length > limits.initialBlobBytes && this.length <= limits.maxSpareBlobBytes;
    if (isLong && this.#filled === this.length) lastBytes = this.length;
  }

  #allocate(): Memory {
    const bytes = Math.max(limits.initialBlobBytes, this.#filled * limits.blobGrowthFactor);
    return new Uint8Array(Math.min(this.length, bytes));
  }
}

function takeSpare(length: number): Memory | undefined {
  if (spare?.length !== length) return undefined;
  const memory = spare;
  spare = undefined;
  return memory;
}
