/**
 * A queue for many producers and many consumers, on any threads of the process.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { turnIfDue } from "../../base/turn.ts";
import { timedOut, type WaitOptions } from "../wait/event.ts";
import { TakeLine } from "../wait/take_line.ts";
import { iterate } from "../wait/iterate.ts";
import { StallDetector } from "./stall.ts";
import { Producer } from "./producer.ts";
import { damaged, QueueMemory } from "./queue_memory.ts";
import { decodeValue, encodeValue, type Encoding } from "../ring/value.ts";

const VALUE = "A value in the queue";

/** How a {@linkcode Queue} is made. */
export interface QueueOptions {
  /**
   * The most values that may be in the queue.
   *
   * @default {65_536}
   */
  maxItems?: number;
  /**
   * Room for values in bytes, rounded up to a power of two; the longest value takes half of it.
   *
   * @default {4_194_304}
   */
  capacityBytes?: number;
  /**
   * How this side encodes values other than `Uint8Array`.
   *
   * @default {"json"}
   */
  encoding?: Encoding;
}

/**
 * A bounded queue, first in first out, between any number of threads. Values are JSON, structured
 * clones or bytes.
 *
 * A consumer that dies loses at most the value that it had just taken. A producer that dies in the
 * middle of `put` leaves nothing visible, but nobody else can put any more: after two seconds of
 * waiting the others get an error that says so, and can still take what was put before.
 *
 * Short `Uint8Array`s that were taken share an `ArrayBuffer`: copy one before transferring its buffer.
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
  readonly #producer: Producer;
  readonly #encoding: Encoding;
  readonly #takers = new TakeLine(VALUE);

  private constructor(memory: QueueMemory, encoding: Encoding) {
    this.buffer = memory.buffer;
    this.maxMessageBytes = memory.maxMessageBytes;
    this.#memory = memory;
    this.#producer = new Producer(memory);
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
    if (!(Number.isInteger(maxItems) && maxItems > 0 && maxItems <= limits.maxQueueItems)) {
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

  /** How many values are in the queue. */
  get size(): number {
    return this.#memory.size;
  }

  /** Whether the queue accepts no more values. */
  get closed(): boolean {
    return this.#memory.closed;
  }

  /**
   * Puts a value if there is room.
   *
   * @param value The value.
   * @returns Whether it was put; `false` where the queue is full, another thread is just putting, or
   * a `put` of this object still waits.
   * @throws {TypeError} on a value that cannot be encoded.
   * @throws {DariError} `unavailable` where the queue is closed or damaged, `resource_exhausted` on
   * a value longer than `maxMessageBytes`.
   */
  tryPut(value: T): boolean {
    return this.#producer.tryPut(encodeValue(value, this.#encoding));
  }

  /**
   * Puts a value as soon as there is room. Values are put in the order of the calls, awaited or not.
   *
   * @param value The value.
   * @param options Timeout and signal.
   * @throws {TypeError} on a value that cannot be encoded.
   * @throws {DariError} As `tryPut`, and `deadline_exceeded` when the time is over.
   */
  async put(value: T, options: WaitOptions = {}): Promise<void> {
    await this.#producer.put(encodeValue(value, this.#encoding), options);
  }

  /**
   * Puts a value and blocks the thread until there is room for it, and for the values of `put` that
   * still wait.
   *
   * @param value The value.
   * @param timeoutMs The longest wait in milliseconds.
   * @throws {TypeError} on a value that cannot be encoded.
   * @throws {DariError} As `put`.
   */
  putSync(value: T, timeoutMs: number = Infinity): void {
    this.#producer.putSync(encodeValue(value, this.#encoding), timeoutMs);
  }

  /**
   * Puts several values in order, and waits for room wherever it has to.
   *
   * @param values The values; values of other producers may come between them.
   * @param options Timeout for each value, and signal.
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
   * Takes the first value if there is one, and no `get` of this object waits.
   *
   * @returns The value, or `undefined`.
   * @throws {DariError} `data` on a value that cannot be decoded.
   */
  tryGet(): T | undefined {
    return this.#takers.isEmpty ? this.#tryTake() : undefined;
  }

  #tryTake(): T | undefined {
    const taken = this.#memory.tryTake();
    return taken === undefined ? undefined : decodeValue(taken.kind, taken.content) as T;
  }

  /**
   * Takes the first value as soon as there is one. Values are given out in the order of the calls,
   * awaited or not.
   *
   * @param options Timeout and signal.
   * @returns The value, or `undefined` once the queue is closed and empty.
   * @throws {DariError} `deadline_exceeded` when the time is over, `unavailable` when the queue is
   * damaged and empty.
   */
  async get(options: WaitOptions = {}): Promise<T | undefined> {
    const value = this.tryGet();
    if (value !== undefined) return turnIfDue()?.then(() => value) ?? value;
    return await this.#takers.take((left) => this.#get(left), options);
  }

  async #get(options: WaitOptions): Promise<T | undefined> {
    let value: T | undefined;
    const ready = () => this.closed || (value = this.#tryTake()) !== undefined;
    if (!await this.#memory.data.wait(ready, options)) throw timedOut(VALUE, options.timeoutMs);
    return value === undefined ? await this.#getAfterClose(options) : value;
  }

  /**
   * Takes the first value and blocks the thread until there is one, whatever `get` waits for.
   *
   * @param timeoutMs The longest wait in milliseconds.
   * @returns The value, or `undefined` once the queue is closed and empty.
   * @throws {DariError} As `get`.
   */
  getSync(timeoutMs: number = Infinity): T | undefined {
    let value: T | undefined;
    const ready = () => (value = this.#tryTake()) !== undefined || this.closed;
    if (!this.#memory.data.waitSync(ready, timeoutMs)) {
      throw timedOut(VALUE, timeoutMs);
    }
    return value === undefined ? this.#getAfterCloseSync(timeoutMs) : value;
  }

  /**
   * Takes the values that are in the queue, and waits for one where it is empty.
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

  /** Closes the queue: it accepts no more values, and consumers still take those that are in it. */
  close(): void {
    this.#memory.close();
  }

  /** Takes values until the queue is closed and empty. */
  [Symbol.asyncIterator](): AsyncIterator<T> {
    return iterate(() => this.tryGet(), () => this.get());
  }

  /** Takes a last value of a closed queue: a producer may still finish a put that began before. */
  async #getAfterClose(options: WaitOptions): Promise<T | undefined> {
    const memory = this.#memory;
    const stall = new StallDetector(options.timeoutMs, VALUE);
    for (let put = memory.putInProgress; put !== undefined; put = memory.putInProgress) {
      const timeoutMs = stall.nextWaitMs(put);
      const done = () => memory.putInProgress?.busy !== put?.busy;
      const changed = await memory.lock.wait(done, { ...options, timeoutMs });
      if (!changed && stall.isStalled(put)) memory.damage();
    }
    return this.#takeRemaining();
  }

  #getAfterCloseSync(timeoutMs: number): T | undefined {
    const memory = this.#memory;
    const stall = new StallDetector(timeoutMs, VALUE);
    for (let put = memory.putInProgress; put !== undefined; put = memory.putInProgress) {
      const done = () => memory.putInProgress?.busy !== put?.busy;
      const changed = memory.lock.waitSync(done, stall.nextWaitMs(put));
      if (!changed && stall.isStalled(put)) memory.damage();
    }
    return this.#takeRemaining();
  }

  #takeRemaining(): T | undefined {
    const value = this.#tryTake();
    if (value === undefined && this.#memory.damaged) throw damaged();
    return value;
  }
}
