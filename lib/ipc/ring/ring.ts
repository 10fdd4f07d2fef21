/**
 * A ring of messages for one writer and one reader.
 *
 * Invariants, beside those of `records.ts`: only the writer moves the tail, and only the reader moves
 * the head. Flags are only ever added, and nothing is written once one is set. A reader that has read
 * a message knows the sequence number of the next; another one means that a second writer or reader
 * uses the ring.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { turnIfDue } from "../../base/turn.ts";
import { SharedEvent, timedOut, type WaitOptions, type Waking } from "../wait/event.ts";
import { SendLine } from "../wait/send_line.ts";
import { TakeLine } from "../wait/take_line.ts";
import { allocate, event, type FoundRecord, memoryType, Records, word } from "./records.ts";
import { copyBytes } from "./copy_bytes.ts";
import type { RingOptions } from "./ring_options.ts";
import { Sequence } from "./sequence.ts";

export type { RingOptions };

const BYTES = 1;
const ROOM = "Room in the ring";
const MESSAGE = "A message in the ring";
const WRITER_CLOSED = 1;
const READER_CLOSED = 2;

/**
 * A ring of byte messages in shared memory, for one writer and one reader, on any two threads. A
 * message becomes visible once it is complete, so a writer that dies leaves no half message.
 *
 * @example
 * ```ts
 * import { Ring } from "@dari/dari/ipc";
 * import { assertEquals } from "@std/assert";
 *
 * const ring = Ring.create();
 * const reader = Ring.open(ring.buffer); // in a worker that `ring.buffer` was posted to
 * await ring.write(new Uint8Array([1, 2, 3]));
 * assertEquals(await reader.read(), new Uint8Array([1, 2, 3]));
 * ring.close();
 * assertEquals(await reader.read(), undefined);
 * ```
 */
export class Ring<Memory extends ArrayBufferLike = SharedArrayBuffer> {
  /** The memory, to be posted to the thread of the other side. */
  readonly buffer: Memory;
  /** The longest message that the ring takes, in bytes. */
  readonly maxMessageBytes: number;
  readonly #records: Records;
  readonly #words: Int32Array;
  /**
   * Raised by the writer: there is a message, or the end.
   *
   * @internal
   */
  readonly data: SharedEvent;
  /** Raised by the reader: half of the room is free, or the reader has gone. */
  readonly #space: SharedEvent;
  /** Writes that wait for room; while there are any, nothing is written past them. */
  readonly #line = new SendLine<{ message: Uint8Array; kind: number }>(ROOM);
  readonly #readers = new TakeLine(MESSAGE);
  readonly #sequence = new Sequence();
  readonly #hasNews = () => !this.empty || this.isClosed;

  private constructor(buffer: Memory, waking?: Waking) {
    this.buffer = buffer;
    this.#records = new Records(buffer, memoryType.ring);
    this.#words = this.#records.words;
    this.maxMessageBytes = this.#records.maxMessageBytes;
    this.data = new SharedEvent(this.#words, event.data, waking);
    this.#space = new SharedEvent(this.#words, event.space, waking);
  }

  /**
   * Allocates a ring.
   *
   * @param options Its capacity.
   * @returns The ring; use it on one side and open its `buffer` on the other.
   * @throws {RangeError} where the capacity is not between 1 KiB and 256 MiB.
   */
  static create(options: RingOptions = {}): Ring {
    return new Ring(allocate(options.capacityBytes ?? limits.ringBytes, memoryType.ring));
  }

  /**
   * Opens a ring that another thread created.
   *
   * @param buffer Its memory.
   * @returns The ring.
   * @throws {TypeError} where the memory holds no ring.
   */
  static open(buffer: SharedArrayBuffer): Ring {
    return new Ring(buffer);
  }

  /** Opens a ring in memory that another process has too. @internal */
  static over(buffer: ArrayBuffer, waking: Waking): Ring<ArrayBuffer> {
    return new Ring(buffer, waking);
  }

  /** Whether the writer has closed; what it wrote can still be read. */
  get ended(): boolean {
    return (Atomics.load(this.#words, word.flags) & WRITER_CLOSED) !== 0;
  }

  /** Whether the reader has cancelled: nothing that is written now will be read. */
  get cancelled(): boolean {
    return (Atomics.load(this.#words, word.flags) & READER_CLOSED) !== 0;
  }

  /** Whether there is no message to read. */
  get empty(): boolean {
    return Atomics.load(this.#words, word.tail) === Atomics.load(this.#words, word.head);
  }

  /**
   * Writes a message if there is room.
   *
   * @param message The bytes; they are copied.
   * @param kind A number from 1 to 14 that travels with the message.
   * @returns Whether it was written; `false` where there is no room or a `write` still waits for it.
   * @throws {DariError} `unavailable` where either side has closed, `resource_exhausted` on a
   * message longer than `maxMessageBytes`.
   */
  tryWrite(message: Uint8Array, kind: number = BYTES): boolean {
    return this.#line.isEmpty && this.#tryWrite(message, kind);
  }

  #tryWrite(message: Uint8Array, kind: number): boolean {
    if (Atomics.load(this.#words, word.flags) !== 0) {
      throw new DariError("unavailable", "Cannot write to this ring: it is closed");
    }
    this.#records.checkLength(message.length);
    const tail = Atomics.load(this.#words, word.tail);
    const sequence = this.#words[word.items] ?? 0;
    const place = this.#records.place(tail, kind, message.length, sequence, message.byteOffset);
    if (place === undefined) return false;
    this.#records.bytes.set(message, place.offset);
    this.#words[word.items] = (sequence + 1) | 0;
    Atomics.store(this.#words, word.tail, place.next);
    this.data.raise();
    return true;
  }

  /**
   * Writes a message as soon as there is room, in the order of the calls, awaited or not.
   *
   * @param message The bytes; they are copied, and must not change before the promise resolves.
   * @param options Timeout and signal.
   * @throws {DariError} As `tryWrite`, and `deadline_exceeded` when the time is over.
   */
  async write(message: Uint8Array, options: WaitOptions & { kind?: number } = {}): Promise<void> {
    const { kind = BYTES } = options;
    if (this.tryWrite(message, kind)) return turnIfDue();
    await this.#line.send({ message, kind }, async (_, isWritten, timeoutMs) => {
      const ready = () => isWritten() || this.#tryWrite(message, kind);
      const bounds = { ...options, timeoutMs, pollMs: limits.roomPollMs };
      if (!await this.#space.wait(ready, bounds)) throw timedOut(ROOM, options.timeoutMs);
    }, options);
  }

  /**
   * Writes a message and blocks the thread until there is room for it, and for the messages of `write`
   * that still wait.
   *
   * @param message The bytes; they are copied.
   * @param timeoutMs The longest wait in milliseconds.
   * @throws {DariError} As `write`.
   */
  writeSync(message: Uint8Array, timeoutMs: number = Infinity): void {
    const deadline = performance.now() + timeoutMs;
    const write = (message: Uint8Array, kind: number) => {
      const leftMs = deadline - performance.now();
      const ready = () => this.#tryWrite(message, kind);
      if (!this.#space.waitSync(ready, leftMs, limits.roomPollMs)) throw timedOut(ROOM, timeoutMs);
    };
    this.#line.sendAllSync(({ message, kind }) => write(message, kind));
    write(message, BYTES);
  }

  /**
   * Reads the next message if there is one, and no `read` of this object waits.
   *
   * @returns Its bytes, or `undefined`. Short messages share an `ArrayBuffer` with others: copy one
   * before transferring its buffer.
   * @throws {DariError} `data` where the memory was damaged.
   */
  tryRead(): Uint8Array | undefined {
    return this.#readers.isEmpty ? this.#read() : undefined;
  }

  #read(): Uint8Array | undefined {
    return this.tryTake(({ offset, length }, { bytes }) => copyBytes(bytes, offset, length));
  }

  /**
   * Reads the next message in place; its memory is free again when `use` returns.
   *
   * @internal
   */
  tryTake<T>(use: (found: FoundRecord, records: Records) => T): T | undefined {
    const found = this.#records.find(Atomics.load(this.#words, word.head));
    if (found === "empty") return undefined;
    this.#check(found);
    try {
      return use(found, this.#records);
    } finally {
      Atomics.store(this.#words, word.head, found.next);
      if (this.#space.awaited && this.#records.isHalfFree(found.next)) this.#space.raise();
    }
  }

  /**
   * Reads the next message as soon as there is one, in the order of the calls, awaited or not.
   *
   * @param options Timeout and signal.
   * @returns Its bytes, or `undefined` once the writer has closed and everything was read.
   * @throws {DariError} `deadline_exceeded` when the time is over.
   */
  async read(options: WaitOptions = {}): Promise<Uint8Array | undefined> {
    const message = this.tryRead();
    if (message !== undefined) return turnIfDue()?.then(() => message) ?? message;
    return await this.#readers.take(async (left) => {
      let found: Uint8Array | undefined;
      const ready = () => (found = this.#read()) !== undefined || this.isClosed;
      if (await this.data.wait(ready, left)) return found ?? this.#read();
      throw timedOut(MESSAGE, left.timeoutMs);
    }, options);
  }

  /**
   * Waits for a message or the end.
   *
   * @param options Timeout, signal, and whether the wait keeps the program alive, as by default.
   * @returns Whether there is a message.
   * @throws {DariError} `deadline_exceeded` when the time is over.
   */
  async readable(options: WaitOptions & { persistent?: boolean } = {}): Promise<boolean> {
    if (this.empty && !await this.data.wait(this.#hasNews, options)) {
      throw timedOut(MESSAGE, options.timeoutMs);
    }
    return !this.empty;
  }

  /**
   * Reads the next message and blocks the thread until there is one, whatever `read` waits for.
   *
   * @param timeoutMs The longest wait in milliseconds.
   * @returns Its bytes, or `undefined` once the writer has closed and everything was read.
   * @throws {DariError} `deadline_exceeded` when the time is over.
   */
  readSync(timeoutMs: number = Infinity): Uint8Array | undefined {
    if (!this.readableSync(timeoutMs)) throw timedOut(MESSAGE, timeoutMs);
    return this.#read();
  }

  /**
   * Blocks the thread until there is a message or the end.
   *
   * @param timeoutMs The longest wait in milliseconds.
   * @returns `false` when the time is over.
   */
  readableSync(timeoutMs: number = Infinity): boolean {
    return this.data.waitSync(this.#hasNews, timeoutMs);
  }

  /** Closes the ring as its writer; the reader still reads what was written. */
  close(): void {
    this.#flag(WRITER_CLOSED);
  }

  /** Closes the ring as its reader; the writer's next write is refused. */
  cancel(): void {
    this.#flag(READER_CLOSED);
  }

  /** Whether either side has closed: nothing more will be written. @internal */
  get isClosed(): boolean {
    return Atomics.load(this.#words, word.flags) !== 0;
  }

  #flag(flag: number): void {
    Atomics.or(this.#words, word.flags, flag);
    this.data.raise();
    this.#space.raise();
  }

  #check(found: FoundRecord | "torn"): asserts found is FoundRecord {
    const isWhole = found !== "torn" && found.length <= this.maxMessageBytes;
    if (isWhole && this.#sequence.take(found.sequence)) return;
    throw new DariError("data", "This ring is damaged: it was used by two writers or two readers");
  }
}
