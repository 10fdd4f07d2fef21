/**
 * The layout of messages in a ring of shared memory: what Ring and Queue have in common.
 *
 * A record is a header of two words, (kind << 28 | length) and the message's sequence number, and
 * the message, padded to 8 bytes. A record never wraps around the end: a skip record fills the rest.
 *
 * Positions count units of 8 bytes, modulo 2^32. The capacity is far smaller, so differences of
 * positions are exact, and the byte of a position is found by masking it.
 *
 * Invariants of the shared words:
 * - `head` ≤ `tail` ≤ `head` + capacity, as differences of positions. Only writers move the tail,
 *   only readers move the head, and both only forward.
 * - Between head and tail lie whole records. A writer moves the tail after the record is complete, so
 *   a writer that dies leaves nothing half-written in sight.
 * - Sequence numbers of messages rise by one, modulo 2^32; a gap means that the memory is damaged.
 *
 * Invariant of each side's remembered positions: reading the other side's position costs a cache miss,
 * so it is remembered and read again only when it matters. `#head` and `#tail` are old values of
 * `head` and `tail`, and count only while nobody else has moved our own position, that is while it is
 * still at `#placedUpTo` or `#foundUpTo`. The other side can only have gone on since: there is at
 * least the room, and at least the data, that the remembered position shows.
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
/** A record is preceded by one skip at the end of the ring and one for each shift off a page. */
const MAX_SKIPS = 3;

/** The control words before the first record. */
export const CONTROL_BYTES = 512;
const MAGIC = 0x64617269; // "dari"

/**
 * The control words of Ring and Queue. They lie in three cache lines: words that hardly ever change,
 * words that writers change, and words that readers change.
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
/** What a piece of memory is used for. */
export const memoryType = { ring: 1, queue: 2 } as const;
/** The first word of each event, each in a cache line of its own. */
export const event = { data: 64, space: 80, lock: 96 } as const;

/** A length has to fit beside its kind, so no limit may exceed this. */
const MAX_BYTES = Math.min(limits.maxRingBytes, 1 << KIND_SHIFT);
const MIN_BYTES = limits.minRingBytes;

/** Copies of whole pages run at a tenth of the speed where both sides have the same page offset. */
const PAGE = 4_096;
const NEAR = 64;

/** A message that was found in the memory. */
export interface FoundRecord {
  readonly kind: number;
  readonly length: number;
  readonly sequence: number;
  /** Where the message begins, in the byte view. */
  readonly offset: number;
  /** The position behind the record. */
  readonly next: number;
}

/**
 * Allocates shared memory for records.
 *
 * @param capacityBytes Room for records; rounded up to a power of two.
 * @param type What the memory is: a ring or a queue.
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
  format(buffer, type);
  return buffer;
}

/**
 * Makes memory of zeros into memory for records.
 *
 * @param buffer `CONTROL_BYTES`, and room for records: a power of two.
 * @param type What the memory is: a ring or a queue.
 */
export function format(buffer: ArrayBufferLike, type: number): void {
  const words = new Int32Array(buffer);
  words[word.magic] = MAGIC;
  words[word.kind] = type;
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
  /** The head as last read, for writing. */
  #head: number;
  /** The tail after this side last wrote. */
  #placedUpTo: number;
  /** The tail as last read, for reading. */
  #tail: number;
  /** The position behind the record that this side last found. */
  #foundUpTo: number;

  /** @throws {TypeError} where the memory was not allocated for this type. */
  constructor(buffer: ArrayBufferLike, type: number) {
    const units = (buffer.byteLength - CONTROL_BYTES) / UNIT;
    this.words = units > 0 ? new Int32Array(buffer) : new Int32Array(2);
    if (this.words[word.magic] !== MAGIC || this.words[word.kind] !== type) {
      throw new TypeError(
        `This SharedArrayBuffer holds no ${
          type === memoryType.ring ? "ring" : "queue"
        }; open the buffer of one`,
      );
    }
    // The head first: both may move meanwhile, and with a tail from before the head, memory that was
    // freed would read as records.
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
   * Finds room for a message behind `tail` and writes its header. The caller copies the message to
   * `offset` and then stores `next` as the new tail.
   *
   * @param sourceOffset Where the message lies in its buffer; decides whether its copy is shifted.
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
   * Finds the message at `head`, behind any skip records.
   *
   * @returns `"torn"` where there is no whole record: the memory is damaged, or another reader was
   * faster and a writer has reused the place.
   */
  find(head: number): FoundRecord | "empty" | "torn" {
    if (head !== this.#foundUpTo || head === this.#tail) {
      this.#tail = Atomics.load(this.words, word.tail);
      if (head === this.#tail) return "empty";
    }
    const used = (this.#tail - head) >>> 0;
    if (used > this.#units) return "torn";
    let position = head;
    for (let skips = 0; skips <= MAX_SKIPS; skips++) {
      const at = this.#byteOf(position);
      const first = this.words[at >> 2] ?? 0;
      const length = first & LENGTH_MASK;
      const next = (position + unitsOf(length)) | 0;
      if ((next - head) >>> 0 > used) return "torn";
      const kind = first >>> KIND_SHIFT;
      if (kind !== SKIP) {
        if (at + UNIT + length > this.bytes.length) return "torn"; // across the end
        const sequence = this.words[(at >> 2) + 1] ?? 0;
        this.#foundUpTo = next;
        return { kind, length, sequence, offset: at + UNIT, next };
      }
      position = next;
    }
    return "torn";
  }

  /**
   * Whether half of the memory is free, now that everything up to `head` was read. A waiting writer
   * is woken only then: woken for every message, the two sides would take turns sleeping.
   */
  isHalfFree(head: number): boolean {
    return (Atomics.load(this.words, word.tail) - head) >>> 0 <= this.#units >> 1;
  }

  /** Decodes ASCII without copying it first. */
  asciiAt(offset: number, length: number): string {
    return this.#buffer.toString("latin1", offset, offset + length);
  }

  /** @throws {DariError} `resource_exhausted` on a message that will never find room. */
  checkLength(length: number): void {
    if (length <= this.maxMessageBytes) return;
    throw new DariError(
      "resource_exhausted",
      `A message of ${length} bytes is over the limit of ${this.maxMessageBytes} bytes, half of the ` +
        `capacity; choose a larger capacity`,
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

  /** How many units to skip, so that the message does not wrap and its copies are fast. */
  #skipBefore(tail: number, length: number, sourceOffset: number): number {
    const start = tail & this.#mask;
    const need = unitsOf(length);
    const toEnd = this.#units - start;
    let skip = need > toEnd ? toEnd : 0;
    if (length < PAGE) return skip;
    // Readers copy to new buffers, which usually begin at a page.
    for (let tries = 0; tries < 2; tries++) {
      const offset = this.#byteOf(start + skip) + UNIT;
      if (!isNear(offset, 0) && !isNear(offset, sourceOffset)) break;
      skip += (2 * NEAR) / UNIT;
    }
    const from = (start + skip) & this.#mask;
    return from + need > this.#units ? skip + this.#units - from : skip;
  }
}

/** The units of a record whose message has `length` bytes. */
function unitsOf(length: number): number {
  return HEADER_UNITS + ((length + UNIT - 1) >>> 3);
}

function isNear(offset: number, other: number): boolean {
  const distance = (offset - other) & (PAGE - 1);
  return distance < NEAR || distance > PAGE - NEAR;
}
