/**
 * Blobs: bytes that travel beside the lines of a connection, each behind a line `#LENGTH`.
 *
 * @module
 */

import { Buffer } from "node:buffer";
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

/**
 * A blob that is being received. Its memory grows with what has come, so that the length that the
 * other side announces costs nothing.
 *
 * Invariant: `#filled <= #memory.length <= length`. The memory is not cleared at first: nobody but this
 * blob sees it before all of it was written.
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
    this.#memory = this.#allocate();
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
  }

  #allocate(): Memory {
    const bytes = Math.max(limits.initialBlobBytes, this.#filled * limits.blobGrowthFactor);
    return unclearedMemory(Math.min(this.length, bytes));
  }
}

/** Clearing memory that is about to be written costs more than writing it. */
function unclearedMemory(bytes: number): Memory {
  return new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer as ArrayBuffer);
}
