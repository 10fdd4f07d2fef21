/**
 * A queue for many producers and many consumers, on any threads of the process.
 *
 * @module
 */

import { DariError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { SharedEvent, timedOut, type WaitOptions } from "./_event.ts";
import { allocate, event, Records, word } from "./_records.ts";
import { copyOut, decodeValue, encodeValue, type Encoding } from "./_value.ts";

const QUEUE = 2;
const CLOSED = 1;
const DAMAGED = 2;
const MAX_ITEMS = 4;

/** How a {@linkcode Queue} is made. */
export interface QueueOptions {
  /**
   * The most values that may wait in it.
   *
   * @default {65_536}
   */
  maxItems?: number;
  /**
   * Room for values, rounded up to a power of two; the longest value takes half of it.
   *
   * @default {4_194_304}
   */
  capacityBytes?: number;
  /**
   * How values other than `Uint8Array` travel when this side puts them.
   *
   * @default {"json"}
   */
  encoding?: Encoding;
}

/**
 * A bounded queue, first in first out, between any number of threads. Values are JSON, structured
 * clones or bytes. A consumer that dies loses at most the value it had just taken; a producer that
 * dies half-way through `put` leaves nothing visible behind, and the queue says that it is damaged
 * once the others have waited for it for two seconds; what was put before can still be taken.
 *
 * @example
 * ```ts
 * import { Queue } from "@dari/dari/ipc";
 * import { assertEquals } from "@std/assert";
 *
 * const queue = Queue.create<{ id: number }>({ maxItems: 10 });
 * const other = Queue.open<{ id: number }>(queue.buffer); // in a worker
 * for (let id = 0; id < 5; id++) await queue.put({ id });
 * queue.close();
 * const ids = [];
 * for await (const { id } of other) ids.push(id);
 * assertEquals(ids, [0, 1, 2, 3, 4]);
 * ```
 */
export class Queue<T = unknown> implements AsyncIterable<T> {
  /** The memory, to be posted to other threads. */
  readonly buffer: SharedArrayBuffer;
  /** The longest value that the queue takes, in bytes. */
  readonly maxMessageBytes: number;
  readonly #records: Records;
  readonly #words: Int32Array;
  readonly #encoding: Encoding;
  readonly #data: SharedEvent;
  readonly #space: SharedEvent;
  readonly #lock: SharedEvent;

  private constructor(buffer: SharedArrayBuffer, encoding: Encoding) {
    this.buffer = buffer;
    this.#records = new Records(buffer, QUEUE);
    this.#words = this.#records.words;
    this.#encoding = encoding;
    this.maxMessageBytes = this.#records.maxMessageBytes;
    this.#data = new SharedEvent(this.#words, event.data);
    this.#space = new SharedEvent(this.#words, event.space);
    this.#lock = new SharedEvent(this.#words, event.lock);
  }

  /**
   * Allocates a queue.
   *
   * @param options Its bounds and encoding.
   * @returns The queue; open its `buffer` on other threads.
   * @throws {RangeError} where a bound is out of range.
   */
  static create<T = unknown>(options: QueueOptions = {}): Queue<T> {
    const { maxItems = limits.queueItems, capacityBytes = limits.queueBytes } = options;
    if (!(Number.isInteger(maxItems) && maxItems > 0 && maxItems < 2 ** 31)) {
      throw new RangeError(`maxItems is ${maxItems}; give a whole number from 1`);
    }
    const queue = new Queue<T>(allocate(capacityBytes, QUEUE), options.encoding ?? "json");
    queue.#words[MAX_ITEMS] = maxItems;
    return queue;
  }

  /**
   * Opens a queue that another thread created.
   *
   * @param buffer Its memory.
   * @param encoding How this side puts values; taking understands every encoding.
   * @returns The queue.
   * @throws {TypeError} where the memory holds no queue.
   */
  static open<T = unknown>(buffer: SharedArrayBuffer, encoding: Encoding = "json"): Queue<T> {
    return new Queue<T>(buffer, encoding);
  }

  /** How many values wait. */
  get size(): number {
    const tail = Atomics.load(this.#words, word.tail);
    while (true) {
      const head = Atomics.load(this.#words, word.head);
      const first = this.#records.find(head, tail);
      const put = Atomics.load(this.#words, word.items);
      if (Atomics.load(this.#words, word.head) !== head) continue;
      return first === undefined ? 0 : Math.max(0, (put - first.sequence) | 0);
    }
  }

  /** Whether the queue takes no more values. */
  get closed(): boolean {
    return Atomics.load(this.#words, word.flags) !== 0;
  }

  /**
   * Puts a value where there is room.
   *
   * @param value The value.
   * @returns Whether there was room; also `false` while another thread is putting.
   * @throws {TypeError} on a value that cannot be encoded.
   * @throws {DariError} `unavailable` where the queue is closed or damaged, `resource_exhausted` on
   * a value longer than `maxMessageBytes`.
   */
  tryPut(value: T): boolean {
    return this.#tryPut(encodeValue(value, this.#encoding)) === "put";
  }

  /**
   * Puts a value, once there is room.
   *
   * @param value The value.
   * @param options Timeout and signal.
   * @throws {TypeError} on a value that cannot be encoded.
   * @throws {DariError} As `tryPut`, and `deadline_exceeded` when the time ran out.
   */
  async put(value: T, options: WaitOptions = {}): Promise<void> {
    const encoded = encodeValue(value, this.#encoding);
    let outcome = this.#tryPut(encoded);
    if (outcome === "put") return;
    // The encoder's buffer is taken again by whoever encodes while this one waits.
    const own = { kind: encoded.kind, bytes: encoded.bytes.slice() };
    const patience = new Patience(options.timeoutMs);
    while (outcome !== "put") {
      const { event, ready } = this.#obstacle(outcome);
      const changed = await event.wait(ready, {
        ...options,
        timeoutMs: patience.slice(outcome),
        pollMs: limits.roomPollMs,
      });
      if (!changed && patience.lost(outcome)) this.#flag(DAMAGED);
      outcome = this.#tryPut(own);
    }
  }

  /**
   * Puts a value and blocks the thread until there is room.
   *
   * @param value The value.
   * @param timeoutMs The longest wait in milliseconds.
   * @throws {TypeError} on a value that cannot be encoded.
   * @throws {DariError} As `put`.
   */
  putSync(value: T, timeoutMs: number = Infinity): void {
    const encoded = encodeValue(value, this.#encoding);
    const patience = new Patience(timeoutMs);
    for (let outcome = this.#tryPut(encoded); outcome !== "put";) {
      const { event, ready } = this.#obstacle(outcome);
      const changed = event.waitSync(ready, patience.slice(outcome), limits.roomPollMs);
      if (!changed && patience.lost(outcome)) this.#flag(DAMAGED);
      outcome = this.#tryPut(encoded);
    }
  }

  /**
   * Puts several values in order, waiting for room as often as it takes.
   *
   * @param values The values; others' values may come to lie between them.
   * @param options Timeout for each of them, and signal.
   * @throws {DariError} As `put`.
   */
  async putMany(values: Iterable<T>, options: WaitOptions = {}): Promise<void> {
    for (const value of values) if (!this.tryPut(value)) await this.put(value, options);
  }

  /**
   * Takes the first value where there is one.
   *
   * @returns The value, or `undefined`.
   * @throws {DariError} `data` on a value that cannot be decoded.
   */
  tryGet(): T | undefined {
    while (true) {
      const head = Atomics.load(this.#words, word.head);
      const tail = Atomics.load(this.#words, word.tail);
      if (head === tail) return undefined;
      const found = this.#records.find(head, tail);
      // Another consumer may be faster, and a producer then write over what is read here: what was
      // read counts only once the head has been moved past it.
      if (found === undefined || found.length > this.maxMessageBytes) {
        if (Atomics.load(this.#words, word.head) !== head) continue;
        this.#flag(DAMAGED);
        throw damaged();
      }
      const bytes = copyOut(found.kind, this.#records.bytes, found.offset, found.length);
      if (Atomics.compareExchange(this.#words, word.head, head, found.next) === head) {
        const left = (Atomics.load(this.#words, word.items) - found.sequence - 1) | 0;
        const isWorthWaking = left <= (this.#words[MAX_ITEMS] ?? 0) >> 1 &&
          this.#records.isHalfFree(tail, found.next);
        if (isWorthWaking) this.#space.raise();
        return decodeValue(found.kind, bytes) as T;
      }
    }
  }

  /**
   * Takes the first value, once there is one.
   *
   * @param options Timeout and signal.
   * @returns The value, or `undefined` once the queue is closed and empty.
   * @throws {DariError} `deadline_exceeded` when the time ran out, `unavailable` when the queue is
   * damaged and empty.
   */
  async get(options: WaitOptions = {}): Promise<T | undefined> {
    let value = this.tryGet();
    if (value !== undefined) return value;
    const ready = () => this.closed || (value = this.tryGet()) !== undefined;
    if (!await this.#data.wait(ready, options)) {
      throw timedOut("A value in the queue", options.timeoutMs);
    }
    return value ?? this.#last();
  }

  /**
   * Takes the first value and blocks the thread until there is one.
   *
   * @param timeoutMs The longest wait in milliseconds.
   * @returns The value, or `undefined` once the queue is closed and empty.
   * @throws {DariError} As `get`.
   */
  getSync(timeoutMs: number = Infinity): T | undefined {
    let value: T | undefined;
    const ready = () => (value = this.tryGet()) !== undefined || this.closed;
    if (!this.#data.waitSync(ready, timeoutMs)) throw timedOut("A value in the queue", timeoutMs);
    return value ?? this.#last();
  }

  /**
   * Takes several values: all that wait, up to a bound, and at least one.
   *
   * @param max The most values to take.
   * @param options Timeout and signal.
   * @returns The values in order; empty once the queue is closed and empty.
   * @throws {DariError} As `get`.
   */
  async getMany(max: number, options: WaitOptions = {}): Promise<T[]> {
    const values: T[] = [];
    let value: T | undefined = this.tryGet() ?? await this.get(options);
    while (value !== undefined) {
      values.push(value);
      value = values.length < max ? this.tryGet() : undefined;
    }
    return values;
  }

  /** Lets the queue take no more values; consumers still take those that wait. */
  close(): void {
    this.#flag(CLOSED);
  }

  /** Takes values until the queue is closed and empty. */
  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    while (true) {
      const value = this.tryGet() ?? await this.get();
      if (value === undefined) return;
      yield value;
    }
  }

  #tryPut(message: { kind: number; bytes: Uint8Array }): Outcome {
    const { kind, bytes } = message;
    const words = this.#words;
    this.#records.checkLength(bytes.length);
    this.#refuseIfClosed();
    const ticket = Atomics.load(words, word.lock);
    // Odd: another thread is putting.
    if (ticket & 1 || Atomics.compareExchange(words, word.lock, ticket, ticket + 1) !== ticket) {
      return { busy: ticket };
    }
    const tail = Atomics.load(words, word.tail);
    const head = Atomics.load(words, word.head);
    const sequence = Atomics.load(words, word.items);
    // The record at the head may be taken meanwhile, but only the lock's owner writes over it.
    const first = this.#records.find(head, tail);
    const waiting = first === undefined ? 0 : (sequence - first.sequence) | 0;
    const place = waiting >= (words[MAX_ITEMS] ?? 0)
      ? undefined
      : this.#records.place(tail, head, kind, bytes.length, sequence, bytes.byteOffset);
    if (place !== undefined) {
      this.#records.bytes.set(bytes, place.offset);
      Atomics.store(words, word.items, (sequence + 1) | 0);
      Atomics.store(words, word.tail, place.next);
    }
    Atomics.store(words, word.lock, (ticket + 2) | 0);
    this.#lock.raise();
    if (place === undefined) return { full: head };
    this.#data.raise();
    return "put";
  }

  /** What has to change before putting makes sense again. */
  #obstacle(outcome: Exclude<Outcome, "put">): { event: SharedEvent; ready: () => boolean } {
    const words = this.#words;
    if ("busy" in outcome) {
      // Taken again is as good as free: what counts is that its owner lives.
      const ready = () => this.closed || Atomics.load(words, word.lock) !== (outcome.busy | 1);
      return { event: this.#lock, ready };
    }
    const ready = () => this.closed || Atomics.load(words, word.head) !== outcome.full;
    return { event: this.#space, ready };
  }

  #refuseIfClosed(): void {
    const flags = Atomics.load(this.#words, word.flags);
    if (flags === 0) return;
    if (flags & DAMAGED) throw damaged();
    throw new DariError("unavailable", "Cannot put into this queue: it is closed", {
      retryable: false,
    });
  }

  /** What `get` gives when nothing more will come. */
  #last(): T | undefined {
    const value = this.tryGet();
    if (value === undefined && Atomics.load(this.#words, word.flags) & DAMAGED) throw damaged();
    return value;
  }

  #flag(flag: number): void {
    Atomics.or(this.#words, word.flags, flag);
    for (const event of [this.#data, this.#space, this.#lock]) event.raise();
  }
}

/** What became of an attempt to put: `full` holds the head that was seen, `busy` the lock. */
type Outcome = "put" | { full: number } | { busy: number };

/** How long one `put` goes on waiting, for room and for another producer. */
class Patience {
  readonly #timeoutMs: number;
  readonly #deadline: number;
  #ticket = 0;
  #slices = 0;

  constructor(timeoutMs: number = Infinity) {
    this.#timeoutMs = timeoutMs;
    this.#deadline = performance.now() + timeoutMs;
  }

  /** @throws {DariError} `deadline_exceeded` once the time is over. */
  slice(outcome: Exclude<Outcome, "put">): number {
    const left = this.#deadline - performance.now();
    if (left <= 0) throw timedOut("Room in the queue", this.#timeoutMs);
    return "busy" in outcome ? Math.min(left, limits.stallSliceMs) : left;
  }

  /**
   * Counts the slices for which one producer has held the lock. Slices and not the clock: a process
   * that was stopped and goes on has lost one slice, its producer is about to go on as well.
   */
  lost(outcome: Exclude<Outcome, "put">): boolean {
    if (!("busy" in outcome)) return false;
    const ticket = outcome.busy | 1;
    this.#slices = ticket === this.#ticket ? this.#slices + 1 : 1;
    this.#ticket = ticket;
    return this.#slices >= limits.stallSlices;
  }
}

function damaged(): DariError {
  return new DariError(
    "unavailable",
    "This queue is damaged: a producer died while putting; make a new one",
    { retryable: false },
  );
}
