/**
 * One end of a pipe.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { turnIfDue } from "../../base/turn.ts";
import type { Connection } from "../../transport/connection.ts";
import { timedOut, type WaitOptions } from "../wait/event.ts";
import { TakeLine } from "../wait/take_line.ts";
import { iterate } from "../wait/iterate.ts";
import type { PipeCore, PipeDescriptor } from "./pipe_core.ts";
import { PipeConnection } from "./pipe_connection.ts";
import { decodeValue, encodeValue } from "../ring/value.ts";

/**
 * One end of a pipe: sends to the other end and receives from it. Made by {@linkcode pipe}.
 *
 * @example
 * ```ts
 * import { pipe, type PipeEnd } from "@dari/dari/ipc";
 * import { assertEquals } from "@std/assert";
 *
 * async function answer(end: PipeEnd): Promise<void> {
 *   for await (const value of end) await end.send(`${value}!`);
 * }
 *
 * const [here, there] = pipe();
 * const answered = answer(there);
 * await here.send("hello");
 * assertEquals(await here.receive(), "hello!");
 * here.close();
 * await answered;
 * there.close();
 * ```
 */
export class PipeEnd implements AsyncIterable<unknown>, Disposable {
  /** Made with this end, in this thread alone; ended by `close` or `transfer`. */
  readonly #core: PipeCore;
  /** Made by the first `connection()`; uses the same core. */
  #connection: Connection | undefined;
  /** The calls of `receive` that wait. */
  readonly #receivers = new TakeLine(MESSAGE);

  /** @internal */
  constructor(core: PipeCore) {
    this.#core = core;
  }

  /** Whether this end was closed, or moved to another thread. */
  get closed(): boolean {
    return this.#core.closed;
  }

  /**
   * Sends a value, or bytes, as soon as there is room.
   *
   * @param value A `Uint8Array`, or any value that can travel; it arrives as what it was.
   * @param options Timeout and signal.
   * @throws {TypeError} on a value that cannot be encoded.
   * @throws {DariError} `unavailable` where either end is closed or the other thread has ended (then
   * with a cause), `resource_exhausted` on a message over the pipe's `maxMessageBytes`,
   * `deadline_exceeded` when the time is over.
   */
  send(value: unknown, options: WaitOptions = {}): Promise<void> {
    try {
      this.#core.refuseIfClosed();
      const { kind, bytes } = encodeValue(value, this.#core.descriptor.encoding);
      return this.#core.writer.write(kind, bytes, options) ?? turnIfDue() ?? SENT;
    } catch (error) {
      return Promise.reject(this.#core.explain(error));
    }
  }

  /**
   * Receives the next value, in the order of the calls, awaited or not.
   *
   * @param options Timeout and signal.
   * @returns The value, or `undefined` once the other end is closed and everything was received.
   * Short `Uint8Array`s share an `ArrayBuffer` with others: copy one before transferring its buffer.
   * @throws {DariError} `unavailable` where this end is closed or the other thread has ended,
   * `deadline_exceeded` when the time is over.
   */
  receive(options: WaitOptions = {}): Promise<unknown> {
    try {
      this.#core.refuseIfClosed();
      const value = this.#tryReceive();
      if (value === undefined) return this.#receivers.take(this.#wait, options);
      return turnIfDue()?.then(() => value) ?? Promise.resolve(value);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  readonly #wait = async (options: WaitOptions): Promise<unknown> => {
    const { reader } = this.#core;
    let value: unknown;
    // Read by the wait itself, so that a message costs no more promises than it needs.
    const ready = () => reader.isClosed || (value = this.#read()) !== undefined;
    if (!await reader.wait(ready, options)) throw timedOut(MESSAGE, options.timeoutMs);
    if (value !== undefined) return value;
    this.#core.refuseIfClosed();
    return this.#read() ?? this.#atEnd();
  };

  /**
   * Receives the next value and blocks the thread until there is one.
   *
   * @param timeoutMs The longest wait in milliseconds.
   * @returns As `receive`.
   * @throws {DariError} As `receive`; but a blocked thread does not notice that the other has ended.
   */
  receiveSync(timeoutMs: number = Infinity): unknown {
    this.#core.refuseIfClosed();
    const deadline = performance.now() + timeoutMs;
    while (true) {
      const value = this.#read();
      if (value !== undefined) return value;
      if (this.#core.reader.ended) return this.#atEnd();
      if (!this.#core.reader.readableSync(deadline - performance.now())) {
        throw timedOut(MESSAGE, timeoutMs);
      }
    }
  }

  /**
   * Hands this end to another thread; in this one it is closed.
   *
   * @returns The descriptor to post; open it there with {@linkcode openPipe}.
   * @throws {DariError} `unavailable` where it is closed or was handed over before,
   * `failed_precondition` while this thread sends or receives over it.
   */
  transfer(): PipeDescriptor {
    this.#core.refuseIfClosed();
    // Otherwise two threads would write to one ring, or read from one.
    if (!this.#receivers.isEmpty || !this.#core.isIdle) {
      throw new DariError(
        "failed_precondition",
        "This end of the pipe is still sending or receiving; await that before transfer()",
      );
    }
    return this.#core.move();
  }

  /**
   * This end as a connection: whole lines of text, for the RPC client and server.
   *
   * @returns The connection; do not send or receive values over this end any more.
   */
  connection(): Connection {
    return this.#connection ??= new PipeConnection(this.#core);
  }

  /** Closes this end; the other end receives what was sent, and then the end. */
  close(): void {
    this.#core.close();
  }

  /** Receives values until the other end is closed. */
  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    return iterate(() => this.#tryReceive(), () => this.receive());
  }

  /** Closes this end. */
  [Symbol.dispose](): void {
    this.close();
  }

  #tryReceive(): unknown {
    return this.#receivers.isEmpty ? this.#read() : undefined;
  }

  // Decoded at once, not behind an await: what was read is valid until the next read.
  #read(): unknown {
    const message = this.#core.reader.tryRead();
    return message === undefined ? undefined : decodeValue(message.kind, message.content);
  }

  /** The result of `receive` when nothing more will come. */
  #atEnd(): undefined {
    this.#core.refuseIfClosed();
    if (this.#core.lost) throw this.#core.lost;
    return undefined;
  }
}

const MESSAGE = "A message in the pipe";
const SENT = Promise.resolve();
