/**
 * A pipe between two threads.
 *
 * @module
 */

import { DariError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Connection } from "../transport/connection.ts";
import { SharedEvent, timedOut, type WaitOptions } from "./_event.ts";
import { MessageReader, MessageWriter } from "./_messages.ts";
import { PipeConnection } from "./_pipe_connection.ts";
import { hold, watch } from "./_presence.ts";
import { Ring } from "./ring.ts";
import { decodeValue, encodeValue, type Encoding } from "./_value.ts";

/** How a pipe is made. */
export interface PipeOptions {
  /**
   * Room for messages in each direction, rounded up to a power of two.
   *
   * @default {1_048_576}
   */
  capacityBytes?: number;
  /**
   * How values other than `Uint8Array` travel.
   *
   * @default {"json"}
   */
  encoding?: Encoding;
  /**
   * The longest message in bytes; longer than the ring is possible, it goes in pieces.
   *
   * @default {16_777_216}
   */
  maxMessageBytes?: number;
}

/** A pipe end on its way to another thread: post it with `postMessage`, then `openPipe` it there. */
export interface PipeDescriptor {
  /** What this is. */
  readonly type: "dari.pipe";
  /** The pipe's name, unique in the process. */
  readonly name: string;
  /** Which of the two ends. */
  readonly side: 0 | 1;
  /** The memory that side 0 writes, that side 1 writes, and that tells who is there. */
  readonly buffers: readonly [SharedArrayBuffer, SharedArrayBuffer, SharedArrayBuffer];
  /** How values travel. */
  readonly encoding: Encoding;
  /** The longest message in bytes. */
  readonly maxMessageBytes: number;
}

/**
 * Makes a pipe.
 *
 * @param options Capacity and encoding.
 * @returns Its two ends. What one sends the other receives, in order; an end that is full waits.
 * @throws {RangeError} where the capacity is out of range.
 *
 * @example
 * ```ts
 * import { pipe } from "@dari/dari/ipc";
 * import { assertEquals } from "@std/assert";
 *
 * const [parent, child] = pipe();
 * await parent.send({ hello: "child" });
 * assertEquals(await child.receive(), { hello: "child" });
 * parent.close();
 * assertEquals(await child.receive(), undefined);
 * child.close();
 * ```
 *
 * @example In a worker
 * ```ts ignore
 * const [here, there] = pipe();
 * worker.postMessage(there.transfer());
 * // in the worker: self.onmessage = ({ data }) => { const end = openPipe(data); };
 * ```
 */
export function pipe(options: PipeOptions = {}): [PipeEnd, PipeEnd] {
  const { encoding = "json", maxMessageBytes = limits.maxMessageBytes } = options;
  const capacityBytes = options.capacityBytes ?? limits.ringBytes;
  const buffers = [
    Ring.create({ capacityBytes }).buffer,
    Ring.create({ capacityBytes }).buffer,
    new SharedArrayBuffer(PRESENCE_WORDS * 4),
  ] as const;
  const name = `dari.pipe.${crypto.randomUUID()}`;
  const describe = (side: 0 | 1): PipeDescriptor => (
    { type: "dari.pipe", name, side, buffers, encoding, maxMessageBytes }
  );
  const first = new PipeEnd(describe(0));
  const second = new PipeEnd(describe(1));
  twins.set(first, second).set(second, first);
  return [first, second];
}

/**
 * Opens a pipe end that another thread has posted.
 *
 * @param descriptor What `transfer()` gave.
 * @returns The end.
 * @throws {TypeError} where it is no pipe's descriptor.
 */
export function openPipe(descriptor: PipeDescriptor): PipeEnd {
  if (descriptor?.type !== "dari.pipe") {
    throw new TypeError("This is not a pipe's descriptor; post what transfer() gave");
  }
  const end = new PipeEnd(descriptor);
  announce(end);
  return end;
}

/** Word `side` says that the end's thread holds its name; an event follows. */
const PRESENCE_WORDS = 4;
const PRESENCE_EVENT = 2;

/** The two ends of a pipe that this thread made, as long as it has both. */
const twins = new WeakMap<PipeEnd, PipeEnd>();
/** How an end begins to be watched by its other side. */
const announce = (end: PipeEnd): void => end[ANNOUNCE]();
const ANNOUNCE = Symbol("announce");

/** One end of a pipe: sends to the other end and receives from it. Made by {@linkcode pipe}. */
export class PipeEnd implements AsyncIterable<unknown>, Disposable {
  readonly #descriptor: PipeDescriptor;
  readonly #out: Ring;
  readonly #in: Ring;
  readonly #writer: MessageWriter;
  readonly #reader: MessageReader;
  readonly #ended = new AbortController();
  #announced = false;
  #moved = false;
  #lost: DariError | undefined;
  #connection: Connection | undefined;

  /** @internal */
  constructor(descriptor: PipeDescriptor) {
    const { side, buffers, maxMessageBytes } = descriptor;
    this.#descriptor = descriptor;
    this.#out = Ring.open(buffers[side]);
    this.#in = Ring.open(buffers[side === 0 ? 1 : 0]);
    this.#writer = new MessageWriter(this.#out, maxMessageBytes);
    this.#reader = new MessageReader(this.#in, maxMessageBytes);
  }

  /** Whether this end was closed or handed over. */
  get closed(): boolean {
    return this.#ended.signal.aborted;
  }

  /**
   * Sends a value, or bytes, once there is room for it.
   *
   * @param value A `Uint8Array`, or what the pipe's encoding can express.
   * @param options Timeout and signal.
   * @throws {TypeError} on a value that cannot be encoded.
   * @throws {DariError} `unavailable` where either end is closed or the other's thread has died
   * (the cause says which), `resource_exhausted` on a message over the pipe's `maxMessageBytes`,
   * `deadline_exceeded` when the time ran out.
   */
  send(value: unknown, options: WaitOptions = {}): Promise<void> {
    try {
      this.#usable();
      const message = encodeValue(value, this.#descriptor.encoding);
      return this.#writer.write(message.kind, message.bytes, options) ?? DONE;
    } catch (error) {
      return Promise.reject(this.#explain(error));
    }
  }

  /**
   * Receives the next value.
   *
   * @param options Timeout and signal.
   * @returns The value, or `undefined` once the other end is closed and everything was received.
   * @throws {DariError} `unavailable` where this end is closed or the other's thread has died,
   * `deadline_exceeded` when the time ran out.
   */
  async receive(options: WaitOptions = {}): Promise<unknown> {
    this.#usable();
    const message = this.#reader.tryRead() ?? await this.#reader.read(options);
    if (message !== undefined) return decodeValue(message.kind, message.bytes);
    if (this.closed) this.#usable();
    if (this.#lost) throw this.#lost;
    return undefined;
  }

  /**
   * Receives the next value and blocks the thread until there is one.
   *
   * @param timeoutMs The longest wait in milliseconds.
   * @returns As `receive`.
   * @throws {DariError} As `receive`; the other thread's death is not seen while this one blocks.
   */
  receiveSync(timeoutMs: number = Infinity): unknown {
    this.#usable();
    const deadline = performance.now() + timeoutMs;
    while (true) {
      const message = this.#reader.tryRead();
      if (message !== undefined) return decodeValue(message.kind, message.bytes);
      if (this.#reader.ended) return undefined;
      if (!this.#reader.waitSync(deadline - performance.now())) {
        throw timedOut("A message in the pipe", timeoutMs);
      }
    }
  }

  /**
   * Hands this end to another thread; here it is closed.
   *
   * @returns What to post, and to open there with {@linkcode openPipe}.
   * @throws {DariError} `unavailable` where it is closed or has been handed over.
   */
  transfer(): PipeDescriptor {
    this.#usable();
    this.#moved = true;
    this.#ended.abort();
    const twin = twins.get(this);
    if (twin && !twin.closed) announce(twin);
    return this.#descriptor;
  }

  /**
   * This end as a connection: whole lines of text, for the RPC client and server.
   *
   * @returns The connection; from now on use nothing else of this end.
   */
  connection(): Connection {
    return this.#connection ??= new PipeConnection(this, this.#writer, this.#reader, {
      address: this.#descriptor.name,
      transport: this.#announced ? "worker" : "pipe",
    });
  }

  /** Closes this end; the other one receives what was sent, and then the end. */
  close(): void {
    if (this.closed) return;
    this.#out.close();
    this.#in.cancel();
    this.#ended.abort();
  }

  /** Receives values until the other end is closed. */
  async *[Symbol.asyncIterator](): AsyncIterator<unknown> {
    for (let value = await this.receive(); value !== undefined; value = await this.receive()) {
      yield value;
    }
  }

  /** Closes this end. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Lets the other side notice when this thread dies, and notices when that one does. */
  [ANNOUNCE](): void {
    if (this.#announced) return;
    this.#announced = true;
    const { name, side, buffers } = this.#descriptor;
    const words = new Int32Array(buffers[2]);
    const presence = new SharedEvent(words, PRESENCE_EVENT);
    const { signal } = this.#ended;
    hold(`${name}.${side}`, signal, () => {
      Atomics.store(words, side, 1);
      presence.raise();
    });
    const other = 1 - side;
    presence.wait(() => Atomics.load(words, other) === 1, { signal })
      .then(() => watch(`${name}.${other}`, signal, () => this.#onGone()))
      .catch(() => {}); // this end was closed first
  }

  #onGone(): void {
    // An end that was closed in order has said so in its ring before it let go of its name.
    if (!this.#in.ended) {
      const cause = new Error("The worker at the other end has ended without closing the pipe");
      this.#lost = new DariError("unavailable", "The other end of the pipe is gone", { cause });
    }
    this.#in.close();
    this.#out.cancel();
  }

  #usable(): void {
    if (!this.closed) return;
    throw new DariError(
      "unavailable",
      `This end of the pipe ${this.#moved ? "was handed to another thread" : "is closed"}`,
      { retryable: false },
    );
  }

  #explain(error: unknown): unknown {
    return this.#lost && error instanceof DariError && error.code === "unavailable"
      ? this.#lost
      : error;
  }

  /** @internal */
  get lost(): DariError | undefined {
    return this.#lost;
  }
}

const DONE = Promise.resolve();
