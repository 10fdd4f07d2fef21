/**
 * A queue's records in shared memory: putting under a lock, taking without one.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { SharedEvent } from "../wait/event.ts";
import { allocate, event, Records, word } from "../ring/records.ts";
import { type Content, type Encoded, readOut } from "../ring/value.ts";

const QUEUE = 2;
const CLOSED = 1;
const DAMAGED = 2;
const { maxLockTries: MAX_TRIES } = limits;

/** A message that was taken; what is neither text nor `bytes` is valid until the next one is. */
export interface Taken {
  readonly kind: number;
  readonly content: Content;
}

/** What kept a message from being put: `full` holds the head that was seen, `busy` the lock. */
export type Obstacle = { full: number } | { busy: number };

/**
 * The memory of a queue. Its lock is a ticket that counts two for each message, and is odd while a
 * producer is putting: whoever waits for it can tell a producer that died from many that live.
 */
export class QueueMemory {
  /** The memory itself. */
  readonly buffer: SharedArrayBuffer;
  /** The longest message that finds room. */
  readonly maxMessageBytes: number;
  /** Raised when there is something to take. */
  readonly data: SharedEvent;
  /** Raised when half of the room is free again. */
  readonly space: SharedEvent;
  /** Raised when a producer is done. */
  readonly lock: SharedEvent;
  readonly #records: Records;
  readonly #words: Int32Array;
  /** The number of the first message that waited when the queue last seemed full. */
  #firstSeen = 0;

  /** @throws {TypeError} where the memory holds no queue. */
  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#records = new Records(buffer, QUEUE);
    this.#words = this.#records.words;
    this.maxMessageBytes = this.#records.maxMessageBytes;
    this.data = new SharedEvent(this.#words, event.data);
    this.space = new SharedEvent(this.#words, event.space);
    this.lock = new SharedEvent(this.#words, event.lock);
  }

  /** @throws {RangeError} where the capacity is out of range. */
  static allocate(capacityBytes: number, maxItems: number): QueueMemory {
    const buffer = allocate(capacityBytes, QUEUE);
    new Int32Array(buffer)[word.maxItems] = maxItems;
    return new QueueMemory(buffer);
  }

  /** Whether nothing more can be put. */
  get closed(): boolean {
    return Atomics.load(this.#words, word.flags) !== 0;
  }

  /** Whether a producer died while putting. */
  get damaged(): boolean {
    return (Atomics.load(this.#words, word.flags) & DAMAGED) !== 0;
  }

  /** The lock of a producer that is putting, unless it is given up for dead. */
  get putUnderWay(): { busy: number } | undefined {
    const ticket = Atomics.load(this.#words, word.lock);
    return (ticket & 1) !== 0 && !this.damaged ? { busy: ticket } : undefined;
  }

  /** How many messages wait. */
  get size(): number {
    while (true) {
      const head = Atomics.load(this.#words, word.head);
      const first = this.#records.find(head);
      const put = Atomics.load(this.#words, word.items);
      if (Atomics.load(this.#words, word.head) !== head) continue;
      return typeof first === "string" ? 0 : Math.max(0, (put - first.sequence) | 0);
    }
  }

  /**
   * Puts a message where there is room.
   *
   * @returns What was in the way; `undefined` once it is put.
   * @throws {DariError} `unavailable` where the queue is closed or damaged, `resource_exhausted` on
   * a message that never fits.
   */
  tryPut({ kind, bytes }: Encoded): Obstacle | undefined {
    const words = this.#words;
    this.#records.checkLength(bytes.length);
    if (Atomics.load(words, word.flags) !== 0) this.#refuse();
    const ticket = this.#takeLock();
    if ((ticket & 1) !== 0) return { busy: ticket };
    // Looked at again: consumers that find the queue closed wait for the lock's owner alone.
    const isClosed = this.closed;
    let put = !isClosed && this.#place(kind, bytes);
    let head = 0;
    if (!put && !isClosed) {
      // Whoever waits for the head to change has to know it from before the last look: the consumer
      // that moves it meanwhile may be the last to do so.
      head = Atomics.load(words, word.head);
      put = this.#place(kind, bytes);
    }
    Atomics.store(words, word.lock, (ticket + 2) | 0);
    this.lock.raise();
    if (isClosed) this.#refuse();
    if (!put) return { full: head };
    this.data.raise();
    return undefined;
  }

  /**
   * Takes the first message where there is one.
   *
   * @throws {DariError} `unavailable` where the memory is damaged.
   */
  tryTake(): Taken | undefined {
    const words = this.#words;
    while (true) {
      const head = Atomics.load(words, word.head);
      const found = this.#records.find(head);
      if (found === "empty") return undefined;
      // Another consumer may be faster, and a producer then write over what is read here: what was
      // read counts only once the head has been moved past it.
      if (found === "torn" || found.length > this.maxMessageBytes) {
        if (Atomics.load(words, word.head) !== head) continue;
        this.damage();
        throw damaged();
      }
      const { kind, sequence, next } = found;
      const content = readOut(found, this.#records);
      if (Atomics.compareExchange(words, word.head, head, next) !== head) continue;
      if (this.space.awaited && this.#isHalfFree(sequence, next)) this.space.raise();
      return { kind, content };
    }
  }

  /** What has to change before putting makes sense again. */
  wayAround(obstacle: Obstacle): { event: SharedEvent; ready: () => boolean } {
    const words = this.#words;
    if ("busy" in obstacle) {
      // Taken again is as good as free: what counts is that its owner lives.
      const ready = () => this.closed || Atomics.load(words, word.lock) !== (obstacle.busy | 1);
      return { event: this.lock, ready };
    }
    const ready = () => this.closed || Atomics.load(words, word.head) !== obstacle.full;
    return { event: this.space, ready };
  }

  /** Lets nothing more be put. */
  close(): void {
    this.#flag(CLOSED);
  }

  /** Says that a producer died while putting. */
  damage(): void {
    this.#flag(DAMAGED);
  }

  /**
   * @returns The ticket, even: the lock is ours. Odd where another thread has it and keeps it longer
   * than putting a short message takes.
   */
  #takeLock(): number {
    let ticket = Atomics.load(this.#words, word.lock);
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const isFree = (ticket & 1) === 0;
      if (isFree) {
        const seen = Atomics.compareExchange(this.#words, word.lock, ticket, ticket + 1);
        if (seen === ticket) return ticket;
        ticket = seen;
      } else {
        Atomics.pause();
        ticket = Atomics.load(this.#words, word.lock);
      }
    }
    return ticket | 1;
  }

  /** Only for the lock's owner. */
  #place(kind: number, bytes: Uint8Array): boolean {
    const words = this.#words;
    const sequence = Atomics.load(words, word.items);
    if (!this.#hasRoomForItem(sequence)) return false;
    const tail = Atomics.load(words, word.tail);
    const place = this.#records.place(tail, kind, bytes.length, sequence, bytes.byteOffset);
    if (place === undefined) return false;
    this.#records.bytes.set(bytes, place.offset);
    Atomics.store(words, word.items, (sequence + 1) | 0);
    Atomics.store(words, word.tail, place.next);
    return true;
  }

  #hasRoomForItem(sequence: number): boolean {
    const maxItems = this.#words[word.maxItems] ?? 0;
    // Since it was last looked at, the first message can only have become a later one.
    if (((sequence - this.#firstSeen) >>> 0) < maxItems) return true;
    // The record at the head may be taken meanwhile, but only the lock's owner writes over it.
    const first = this.#records.find(Atomics.load(this.#words, word.head));
    this.#firstSeen = typeof first === "string" ? sequence : first.sequence;
    return ((sequence - this.#firstSeen) >>> 0) < maxItems;
  }

  #isHalfFree(sequence: number, next: number): boolean {
    const left = (Atomics.load(this.#words, word.items) - sequence - 1) | 0;
    return left <= (this.#words[word.maxItems] ?? 0) >> 1 && this.#records.isHalfFree(next);
  }

  #refuse(): never {
    if (this.damaged) throw damaged();
    throw new DariError("unavailable", "Cannot put into this queue: it is closed", {
      retryable: false,
    });
  }

  #flag(flag: number): void {
    Atomics.or(this.#words, word.flags, flag);
    for (const event of [this.data, this.space, this.lock]) event.raise();
  }
}

/** The error of everything that a damaged queue cannot do. */
export function damaged(): DariError {
  return new DariError(
    "unavailable",
    "This queue is damaged: a producer died while putting; make a new one",
    { retryable: false },
  );
}
