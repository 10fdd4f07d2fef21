/**
 * One end of a pipe.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { turnIfDue } from "../../base/turn.ts";
import type { Connection } from "../../transport/connection.ts";
import { timedOut, type WaitOptions } from "../wait/event.ts";
import { iterate } from "../wait/iterate.ts";
import type { PipeCore, PipeDescriptor } from "./pipe_core.ts";
import { PipeConnection } from "./pipe_connection.ts";
import { decodeValue, encodeValue } from "../ring/value.ts";

/** One end of a pipe: sends to the other end and receives from it. Made by {@linkcode pipe}. */
export class PipeEnd implements AsyncIterable<unknown>, Disposable {
  readonly #core: PipeCore;
  #connection: Connection | undefined;
  /** How many `receive`s wait. */
  #waits = 0;

  /** @internal */
  constructor(core: PipeCore) {
    this.#core = core;
  }

  /** Whether this end was closed or handed over. */
  get closed(): boolean {
    return this.#core.closed;
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
      this.#core.refuseIfClosed();
      const { kind, bytes } = encodeValue(value, this.#core.descriptor.encoding);
      return this.#core.writer.write(kind, bytes, options) ?? turnIfDue() ?? SENT;
    } catch (error) {
      return Promise.reject(this.#core.explain(error));
    }
  }

  /**
   * Receives the next value.
   *
   * @param options Timeout and signal.
   * @returns The value, or `undefined` once the other end is closed and everything was received.
   * Short `Uint8Array`s share an `ArrayBuffer` with others: copy one before transferring its buffer.
   * @throws {DariError} `unavailable` where this end is closed or the other's thread has died,
   * `deadline_exceeded` when the time ran out.
   */
  async receive(options: WaitOptions = {}): Promise<unknown> {
    this.#core.refuseIfClosed();
    while (true) {
      const value = this.#tryReceive();
      if (value !== undefined) {
        const turn = turnIfDue();
        if (turn !== undefined) await turn;
        return value;
      }
      this.#waits++;
      try {
        if (!await this.#core.reader.readable(options)) return this.#atEnd();
      } finally {
        this.#waits--;
      }
    }
  }

  /**
   * Receives the next value and blocks the thread until there is one.
   *
   * @param timeoutMs The longest wait in milliseconds.
   * @returns As `receive`.
   * @throws {DariError} As `receive`; the other thread's death is not seen while this one blocks.
   */
  receiveSync(timeoutMs: number = Infinity): unknown {
    this.#core.refuseIfClosed();
    const deadline = performance.now() + timeoutMs;
    while (true) {
      const value = this.#tryReceive();
      if (value !== undefined) return value;
      if (this.#core.reader.ended) return this.#atEnd();
      if (!this.#core.reader.readableSync(deadline - performance.now())) {
        throw timedOut("A message in the pipe", timeoutMs);
      }
    }
  }

  /**
   * Hands this end to another thread; here it is closed.
   *
   * @returns What to post, and to open there with {@linkcode openPipe}.
   * @throws {DariError} `unavailable` where it is closed or has been handed over,
   * `failed_precondition` while this thread sends or receives over it.
   */
  transfer(): PipeDescriptor {
    this.#core.refuseIfClosed();
    // Two threads would write to one ring, or take from it what is the other's.
    if (this.#waits > 0 || !this.#core.isAtRest) {
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
   * @returns The connection; from now on use nothing else of this end.
   */
  connection(): Connection {
    return this.#connection ??= new PipeConnection(this.#core);
  }

  /** Closes this end; the other one receives what was sent, and then the end. */
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

  // At once, not behind an await: what was read is valid until anybody reads.
  #tryReceive(): unknown {
    const message = this.#core.reader.tryRead();
    return message === undefined ? undefined : decodeValue(message.kind, message.content);
  }

  /** What `receive` gives when nothing more will come. */
  #atEnd(): undefined {
    this.#core.refuseIfClosed();
    if (this.#core.lost) throw this.#core.lost;
    return undefined;
  }
}

const SENT = Promise.resolve();
