/**
 * A queue's records in shared memory: producers take a lock, consumers do not.
 *
 * Invariants, beside those of `ring/records.ts`:
 * - The lock word is a ticket. It is odd while a producer is putting, and rises by two with each put;
 *   so a waiter can tell one producer that has died (the same odd ticket for two seconds) from many
 *   that live. Only the lock's owner moves the tail and the count of items.
 * - A consumer owns a message once it has moved the head past it, in one compare-and-exchange. What
 *   it read before counts only if that succeeds.
 * - Flags are only ever added. A producer looks at them again after it has the lock; so once a
 *   consumer has seen "closed" and the lock free, nothing more can come.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { SharedEvent } from "../wait/event.ts";
import { allocate, event, memoryType, Records, word } from "../ring/records.ts";
import { type Content, type Encoded, readOut } from "../ring/value.ts";

const CLOSED = 1;
const DAMAGED = 2;
const { maxLockTries: MAX_TRIES } = limits;

/**
 * A message that was taken. Content that is neither text nor of kind `bytes` is valid until the
 * next take.
 */
export interface Taken {
  readonly kind: number;
  readonly content: Content;
}

/**
 * Why a message was not put: the queue was `full` at this head, or the lock was `busy` with this
 * ticket.
 */
export type Obstacle = { full: number } | { busy: number };

/** The memory of a queue, as one thread uses it. */
export class QueueMemory {
  /** The memory; made by `allocate`, and shared by every thread that opens it. */
  readonly buffer: SharedArrayBuffer;
  /** The longest message, in bytes. */
  readonly maxMessageBytes: number;
  /** Raised by producers: there is a message, or the end. */
  readonly data: SharedEvent;
  /** Raised by consumers: half of the room is free again. */
  readonly space: SharedEvent;
  /** Raised by producers: the lock is free. */
  readonly lock: SharedEvent;
  readonly #records: Records;
  readonly #words: Int32Array;
  /** The sequence number of the first message when the queue last seemed full; only ever rises. */
  #firstSeen = 0;

  /** @throws {TypeError} where the memory holds no queue. */
  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#records = new Records(buffer, memoryType.queue);
    this.#words = this.#records.words;
    this.maxMessageBytes = this.#records.maxMessageBytes;
    this.data = new SharedEvent(this.#words, event.data);
    this.space = new SharedEvent(this.#words, event.space);
    this.lock = new SharedEvent(this.#words, event.lock);
  }

  /** @throws {RangeError} where the capacity is out of range. */
  static allocate(capacityBytes: number, maxItems: number): QueueMemory {
    const buffer = allocate(capacityBytes, memoryType.queue);
    new Int32Array(buffer)[word.maxItems] = maxItems;
    return new QueueMemory(buffer);
  }

  /** Whether nothing more can be put: the queue is closed or damaged. */
  get closed(): boolean {
    return Atomics.load(this.#words, word.flags) !== 0;
  }

  /** Whether a producer died while putting. */
  get damaged(): boolean {
    return (Atomics.load(this.#words, word.flags) & DAMAGED) !== 0;
  }

  /** The ticket of a put in progress, unless its producer counts as dead. */
  get putInProgress(): { busy: number } | undefined {
    const ticket = Atomics.load(this.#words, word.lock);
    return (ticket & 1) !== 0 && !this.damaged ? { busy: ticket } : undefined;
  }

  /** How many messages are in the queue. */
  get size(): number {
    while (true) {
      const head = Atomics.load(this.#words, word.head);
      const first = this.#records.find(head);
      const put = Atomics.load(this.#words, word.items);
      if (!this.#isHead(head)) continue;
      return typeof first === "string" ? 0 : Math.max(0, (put - first.sequence) | 0);
    }
  }

  /**
   * Puts a message if there is room and no other thread is putting.
   *
   * @returns `undefined` once it is put, else the obstacle.
   * @throws {DariError} `unavailable` where the queue is closed or damaged, `resource_exhausted` on
   * a message that is too long.
   */
  tryPut({ kind, bytes }: Encoded): Obstacle | undefined {
    const words = this.#words;
    this.#records.checkLength(bytes.length);
    if (Atomics.load(words, word.flags) !== 0) this.#refuse();
    const ticket = this.#takeLock();
    if ((ticket & 1) !== 0) return { busy: ticket };
    // Checked again: consumers that find the queue closed wait for nobody but the lock's owner.
    const isClosed = this.closed;
    let put = !isClosed && this.#place(kind, bytes);
    let head = 0;
    if (!put && !isClosed) {
      // The head is read before the last attempt: a producer waits for it to change, and a consumer
      // that moves it during the attempt may be the last one to do so.
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
   * Takes the first message if there is one.
   *
   * @throws {DariError} `unavailable` where the memory is damaged.
   */
  tryTake(): Taken | undefined {
    const words = this.#words;
    while (true) {
      const head = Atomics.load(words, word.head);
      const found = this.#records.find(head);
      if (found === "empty") return undefined;
      // Another consumer may be faster, and a producer may then overwrite the record while it is read
      // here. The content counts only if this thread moves the head.
      if (found === "torn" || found.length > this.maxMessageBytes) {
        if (!this.#isHead(head)) continue;
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

  /**
   * The condition to wait for before putting is tried again, and the event that is raised with it.
   */
  retryCondition(obstacle: Obstacle): { event: SharedEvent; ready: () => boolean } {
    const words = this.#words;
    if ("busy" in obstacle) {
      // A lock that another producer has taken meanwhile counts as well: its last owner was alive.
      const ready = () => this.closed || Atomics.load(words, word.lock) !== (obstacle.busy | 1);
      return { event: this.lock, ready };
    }
    const ready = () => this.closed || Atomics.load(words, word.head) !== obstacle.full;
    return { event: this.space, ready };
  }

  /** Closes the queue for producers. */
  close(): void {
    this.#flag(CLOSED);
  }

  /** Records that a producer died while putting. */
  damage(): void {
    this.#flag(DAMAGED);
  }

  /**
   * Takes the lock, or gives up after the time that putting a short message takes.
   *
   * @returns An even ticket: this thread owns the lock. An odd ticket: another thread owns it.
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

  /** Writes the record; only the lock's owner may call this. */
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
    // Consumers can only have moved the first message on since `#firstSeen` was read.
    if (((sequence - this.#firstSeen) >>> 0) < maxItems) return true;
    // The record at the head may be taken meanwhile, but only the lock's owner can overwrite it.
    const first = this.#records.find(Atomics.load(this.#words, word.head));
    this.#firstSeen = typeof first === "string" ? sequence : first.sequence;
    return ((sequence - this.#firstSeen) >>> 0) < maxItems;
  }

  /**
   * Whether a record that was read at `head` is still there. A read-modify-write and not a load, which
   * an ARM processor may move before the reading.
   */
  #isHead(head: number): boolean {
    return Atomics.add(this.#words, word.head, 0) === head;
  }

  #isHalfFree(sequence: number, next: number): boolean {
    const left = (Atomics.load(this.#words, word.items) - sequence - 1) | 0;
    return left <= (this.#words[word.maxItems] ?? 0) >> 1 && this.#records.isHalfFree(next);
  }

  /** @throws {DariError} `unavailable`. */
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

/** The error of a queue whose producer died half-way. */
export function damaged(): DariError {
  return new DariError(
    "unavailable",
    "This queue is damaged: a producer died while putting; make a new one",
    { retryable: false },
  );
}
