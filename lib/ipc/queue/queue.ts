/**
 * A queue for many producers and many consumers, on any threads of the process.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { turnIfDue } from "../../base/turn.ts";
import { timedOut, type WaitOptions } from "../wait/event.ts";
import { iterate } from "../wait/iterate.ts";
import { Patience } from "./patience.ts";
import { damaged, type Obstacle, QueueMemory } from "./queue_memory.ts";
import { decodeValue, type Encoded, encodeValue, type Encoding } from "../ring/value.ts";

const VALUE = "A value in the queue";

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
 * once the others have waited for it for two seconds; what was put before can still be taken. Short
 * `Uint8Array`s that were taken share an `ArrayBuffer`: copy one before transferring its buffer.
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
  readonly #memory: QueueMemory;
  readonly #encoding: Encoding;

  private constructor(memory: QueueMemory, encoding: Encoding) {
    this.buffer = memory.buffer;
    this.maxMessageBytes = memory.maxMessageBytes;
    this.#memory = memory;
    this.#encoding = encoding;
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
    return new Queue<T>(QueueMemory.allocate(capacityBytes, maxItems), options.encoding ?? "json");
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
    return new Queue<T>(new QueueMemory(buffer), encoding);
  }

  /** How many values wait. */
  get size(): number {
    return this.#memory.size;
  }

  /** Whether the queue takes no more values. */
  get closed(): boolean {
    return this.#memory.closed;
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
    return this.#memory.tryPut(encodeValue(value, this.#encoding)) === undefined;
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
    const obstacle = this.#memory.tryPut(encoded);
    if (obstacle !== undefined) await this.#putLater(encoded, obstacle, options);
    else await turnIfDue();
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
    let obstacle = this.#memory.tryPut(encoded);
    while (obstacle !== undefined) {
      const { event, ready } = this.#memory.wayAround(obstacle);
      const changed = event.waitSync(ready, patience.slice(obstacle), limits.roomPollMs);
      if (!changed && patience.isLost(obstacle)) this.#memory.damage();
      obstacle = this.#memory.tryPut(encoded);
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
    for (const value of values) {
      if (!this.tryPut(value)) await this.put(value, options);
      const turn = turnIfDue();
      if (turn !== undefined) await turn;
    }
  }

  /**
   * Takes the first value where there is one.
   *
   * @returns The value, or `undefined`.
   * @throws {DariError} `data` on a value that cannot be decoded.
   */
  tryGet(): T | undefined {
    const taken = this.#memory.tryTake();
    return taken === undefined ? undefined : decodeValue(taken.kind, taken.content) as T;
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
    if (!await this.#memory.data.wait(ready, options)) {
      throw timedOut(VALUE, options.timeoutMs);
    }
    return value === undefined ? await this.#last(options) : value;
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
    if (!this.#memory.data.waitSync(ready, timeoutMs)) {
      throw timedOut(VALUE, timeoutMs);
    }
    return value === undefined ? this.#lastSync(timeoutMs) : value;
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
    let value: T | undefined = await this.get(options);
    while (value !== undefined) {
      values.push(value);
      value = values.length < max ? this.tryGet() : undefined;
    }
    return values;
  }

  /** Lets the queue take no more values; consumers still take those that wait. */
  close(): void {
    this.#memory.close();
  }

  /** Takes values until the queue is closed and empty. */
  [Symbol.asyncIterator](): AsyncIterator<T> {
    return iterate(() => this.tryGet(), () => this.get());
  }

  async #putLater(encoded: Encoded, obstacle: Obstacle, options: WaitOptions): Promise<void> {
    // The encoder's buffer is taken again by whoever encodes while this one waits.
    const own = { kind: encoded.kind, bytes: encoded.bytes.slice() };
    const patience = new Patience(options.timeoutMs);
    for (let next: Obstacle | undefined = obstacle; next !== undefined;) {
      const { event, ready } = this.#memory.wayAround(next);
      const changed = await event.wait(ready, {
        ...options,
        timeoutMs: patience.slice(next),
        pollMs: limits.roomPollMs,
      });
      if (!changed && patience.isLost(next)) this.#memory.damage();
      next = this.#memory.tryPut(own);
    }
  }

  /** What `get` gives once the queue is closed: a producer may have beginCall before that. */
  async #last(options: WaitOptions): Promise<T | undefined> {
    const patience = new Patience(options.timeoutMs, VALUE);
    for (let put = this.#memory.putUnderWay; put !== undefined; put = this.#memory.putUnderWay) {
      const timeoutMs = patience.slice(put);
      const done = () => this.#memory.putUnderWay?.busy !== put?.busy;
      const changed = await this.#memory.lock.wait(done, { ...options, timeoutMs });
      if (!changed && patience.isLost(put)) this.#memory.damage();
    }
    return this.#rest();
  }

  #lastSync(timeoutMs: number): T | undefined {
    const patience = new Patience(timeoutMs, VALUE);
    for (let put = this.#memory.putUnderWay; put !== undefined; put = this.#memory.putUnderWay) {
      const done = () => this.#memory.putUnderWay?.busy !== put?.busy;
      const changed = this.#memory.lock.waitSync(done, patience.slice(put));
      if (!changed && patience.isLost(put)) this.#memory.damage();
    }
    return this.#rest();
  }

  #rest(): T | undefined {
    const value = this.tryGet();
    if (value === undefined && this.#memory.damaged) throw damaged();
    return value;
  }
}
