/**
 * The layout of messages in a ring of shared memory: what Ring and Queue have in common.
 *
 * A record is a header of two words, (kind << 28 | length) and the message's sequence number, and
 * the message, padded to 8 bytes. A record never wraps around the end: a skip record fills the rest.
 * Positions count units of 8 bytes and wrap at 2^32, far beyond the capacity, so that one position
 * never stands for two moments.
 *
 * @module
 */

import { Buffer } from "node:buffer"; // TextDecoder reads shared memory 15 times slower
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";

const UNIT = 8;
const HEADER_UNITS = 1;
const KIND_SHIFT = 28;
const LENGTH_MASK = (1 << KIND_SHIFT) - 1;
const SKIP = 0xf;
const MAX_SKIPS = 3;

/** Room for the control words before the first record, of which users take the words below. */
const CONTROL_BYTES = 512;
const MAGIC = 0x64617269; // "dari"

/**
 * Words of both Ring and Queue. Three cache lines: what hardly ever changes, what the side that
 * writes changes, and what the side that reads changes.
 */
export const word = {
  magic: 0,
  kind: 1,
  flags: 2,
  maxItems: 3,
  tail: 16,
  items: 17,
  lock: 18,
  head: 32,
} as const;
/** First words of the events. */
export const event = { data: 64, space: 80, lock: 96 } as const;

/** The longest capacity: a length has to fit beside its kind. */
const MAX_BYTES = 1 << KIND_SHIFT;
const { minRingBytes: MIN_BYTES } = limits;

/** Copies of whole pages between equal page offsets run at a tenth of the speed. */
const PAGE = 4_096;
const NEAR = 64;

/** A record that was found. */
export interface Found {
  readonly kind: number;
  readonly length: number;
  readonly sequence: number;
  /** Where its message begins, in the byte view. */
  readonly offset: number;
  /** The position behind it. */
  readonly next: number;
}

/**
 * Allocates shared memory for records.
 *
 * @throws {RangeError} where `capacityBytes` is not between 1 KiB and 256 MiB.
 */
export function allocate(capacityBytes: number, type: number): SharedArrayBuffer {
  if (!(capacityBytes >= MIN_BYTES && capacityBytes <= MAX_BYTES)) {
    throw new RangeError(
      `A capacity of ${capacityBytes} bytes is out of range; give ${MIN_BYTES} to ${MAX_BYTES}`,
    );
  }
  const bytes = 2 ** Math.ceil(Math.log2(capacityBytes));
  const buffer = new SharedArrayBuffer(CONTROL_BYTES + bytes);
  const words = new Int32Array(buffer);
  words[word.magic] = MAGIC;
  words[word.kind] = type;
  return buffer;
}

/** Records in one piece of shared memory. */
export class Records {
  /** The whole memory as words. */
  readonly words: Int32Array;
  /** The whole memory as bytes. */
  readonly bytes: Uint8Array;
  /** The longest message that always finds room once the ring is empty. */
  readonly maxMessageBytes: number;
  readonly #buffer: Buffer;
  readonly #units: number;
  readonly #mask: number;
  // The other side's position as last seen, and where we then left our own. As long as nobody else
  // has moved ours, the other side can only have gone on; to look costs a cache line's journey.
  #head: number;
  #placedUpTo: number;
  #tail: number;
  #foundUpTo: number;

  /** @throws {TypeError} where the memory was not allocated for this type. */
  constructor(buffer: SharedArrayBuffer, type: number) {
    const units = (buffer.byteLength - CONTROL_BYTES) / UNIT;
    this.words = units > 0 ? new Int32Array(buffer) : new Int32Array(2);
    if (this.words[word.magic] !== MAGIC || this.words[word.kind] !== type) {
      throw new TypeError("This SharedArrayBuffer does not hold what was to be opened");
    }
    // The head first: both may move meanwhile, and a tail behind the head would make records of what
    // was freed.
    this.#foundUpTo = this.#head = Atomics.load(this.words, word.head);
    this.#placedUpTo = this.#tail = Atomics.load(this.words, word.tail);
    this.bytes = new Uint8Array(buffer);
    this.#buffer = Buffer.from(buffer);
    this.#units = units;
    this.#mask = units - 1;
    // A record may need a skip as long as itself before it, and two shifts off a page offset.
    this.maxMessageBytes = (units * UNIT) / 2 - 4 * NEAR;
  }

  /**
   * Finds room for a message behind `tail` and writes its header; the caller copies the message to
   * the offset and then publishes `next`, so that a writer which dies in between leaves nothing that
   * can be seen.
   *
   * @returns `undefined` where there is no room now.
   */
  place(
    tail: number,
    kind: number,
    length: number,
    sequence: number,
    sourceOffset: number,
  ): { offset: number; next: number } | undefined {
    const skip = this.#skipBefore(tail, length, sourceOffset);
    const need = skip + unitsOf(length);
    if (tail !== this.#placedUpTo || this.#free(tail) < need) {
      this.#head = Atomics.load(this.words, word.head);
      if (this.#free(tail) < need) return undefined;
    }
    if (skip > 0) this.#writeHeader(tail, SKIP, (skip - HEADER_UNITS) * UNIT, sequence);
    const offset = this.#writeHeader((tail + skip) | 0, kind, length, sequence);
    this.#placedUpTo = (tail + need) | 0;
    return { offset, next: this.#placedUpTo };
  }

  /**
   * Reads the record at `head`; skips lead on to the record behind them.
   *
   * @returns `"torn"` where no whole record is there: the memory is damaged, or a faster reader has
   * freed the record and a writer reused its place.
   */
  find(head: number): Found | "empty" | "torn" {
    if (head !== this.#foundUpTo || head === this.#tail) {
      this.#tail = Atomics.load(this.words, word.tail);
      if (head === this.#tail) return "empty";
    }
    const used = (this.#tail - head) >>> 0;
    let position = head;
    for (let skips = 0; skips <= MAX_SKIPS; skips++) {
      const at = this.#byteOf(position);
      const first = this.words[at >> 2] ?? 0;
      const length = first & LENGTH_MASK;
      const next = (position + unitsOf(length)) | 0;
      if ((next - head) >>> 0 > used) return "torn";
      const kind = first >>> KIND_SHIFT;
      if (kind !== SKIP) {
        const sequence = this.words[(at >> 2) + 1] ?? 0;
        this.#foundUpTo = next;
        return { kind, length, sequence, offset: at + UNIT, next };
      }
      position = next;
    }
    return "torn";
  }

  /**
   * Whether half of the memory is free, now that everything up to `head` was read: only then is a
   * waiting writer worth waking. Woken for every message, the two sides would take turns asleep.
   */
  isHalfFree(head: number): boolean {
    return (Atomics.load(this.words, word.tail) - head) >>> 0 <= this.#units >> 1;
  }

  /** Reads ASCII where it lies. */
  asciiAt(offset: number, length: number): string {
    return this.#buffer.toString("latin1", offset, offset + length);
  }

  /** @throws {DariError} `resource_exhausted` on a message that will never find room. */
  checkLength(length: number): void {
    if (length <= this.maxMessageBytes) return;
    throw new DariError(
      "resource_exhausted",
      `A message of ${length} bytes is longer than ${this.maxMessageBytes}, which is what this ` +
        `memory can take; give it a larger capacity`,
      { retryable: false },
    );
  }

  #free(tail: number): number {
    return this.#units - ((tail - this.#head) >>> 0);
  }

  #byteOf(position: number): number {
    return CONTROL_BYTES + (position & this.#mask) * UNIT;
  }

  #writeHeader(position: number, kind: number, length: number, sequence: number): number {
    const at = this.#byteOf(position);
    this.words[at >> 2] = (kind << KIND_SHIFT) | length;
    this.words[(at >> 2) + 1] = sequence;
    return at + UNIT;
  }

  /** How many units to leave out, so that a message does not wrap and its copies run fast. */
  #skipBefore(tail: number, length: number, sourceOffset: number): number {
    const start = tail & this.#mask;
    const need = unitsOf(length);
    const toEnd = this.#units - start;
    let skip = need > toEnd ? toEnd : 0;
    if (length < PAGE) return skip;
    // Readers copy to buffers of their own, which as a rule begin at a page.
    for (let tries = 0; tries < 2; tries++) {
      const offset = this.#byteOf(start + skip) + UNIT;
      if (!isNear(offset, 0) && !isNear(offset, sourceOffset)) break;
      skip += (2 * NEAR) / UNIT;
    }
    const from = (start + skip) & this.#mask;
    return from + need > this.#units ? skip + this.#units - from : skip;
  }
}

/** The units that a message takes, with its header. */
function unitsOf(length: number): number {
  return HEADER_UNITS + ((length + UNIT - 1) >>> 3);
}

function isNear(offset: number, other: number): boolean {
  const distance = (offset - other) & (PAGE - 1);
  return distance < NEAR || distance > PAGE - NEAR;
}
