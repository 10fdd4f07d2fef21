/**
 * What one end of a pipe is made of: two rings, and knowing whether the other thread is there.
 *
 * @module
 */

import { DariError } from "../base/errors.ts";
import { SharedEvent } from "./_event.ts";
import { MessageReader, MessageWriter } from "./_messages.ts";
import { hold, watch } from "./_presence.ts";
import { Ring } from "./ring.ts";
import type { Encoding } from "./_value.ts";

/** Word `side` of the third memory says that the end's thread holds its name; an event follows. */
export const PRESENCE_BYTES = 16;
const PRESENCE_EVENT = 2;

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

/** One end of a pipe, for its two faces: values, and a connection of lines. */
export class PipeCore {
  readonly descriptor: PipeDescriptor;
  readonly writer: MessageWriter;
  readonly reader: MessageReader;
  /** The other end, as long as this thread has both. */
  twin: PipeCore | undefined;
  /** Whether this end was closed or handed over. */
  closed = false;
  /** Why the other end is gone, where it did not close in order. */
  lost: DariError | undefined;
  readonly #out: Ring;
  readonly #in: Ring;
  readonly #ended = new AbortController();
  #announced = false;
  #moved = false;

  constructor(descriptor: PipeDescriptor) {
    const { side, buffers, maxMessageBytes } = descriptor;
    this.descriptor = descriptor;
    this.#out = Ring.open(buffers[side]);
    this.#in = Ring.open(buffers[side === 0 ? 1 : 0]);
    this.writer = new MessageWriter(this.#out, maxMessageBytes);
    this.reader = new MessageReader(this.#in, maxMessageBytes);
  }

  /** Whether the other end is in another thread. */
  get crossesThreads(): boolean {
    return this.#announced;
  }

  /** @throws {DariError} `unavailable` where this end is closed. */
  refuseIfClosed(): void {
    if (!this.closed) return;
    throw new DariError(
      "unavailable",
      `This end of the pipe ${this.#moved ? "was handed to another thread" : "is closed"}`,
      { retryable: false },
    );
  }

  /** The reason behind an error of the rings: that the other end is gone, where it is. */
  explain(error: unknown): unknown {
    return this.lost && error instanceof DariError && error.code === "unavailable"
      ? this.lost
      : error;
  }

  /** Closes this end; the other one receives what was sent, and then the end. */
  close(): void {
    if (this.closed) return;
    this.#out.close();
    this.#in.cancel();
    this.#end();
  }

  /** Gives this end up for another thread. */
  move(): PipeDescriptor {
    this.refuseIfClosed();
    this.#moved = true;
    this.#end();
    if (this.twin?.closed === false) this.twin.announce();
    return this.descriptor;
  }

  /** Lets the other side notice when this thread dies, and notices when that one does. */
  announce(): void {
    if (this.#announced) return;
    this.#announced = true;
    const { name, side, buffers } = this.descriptor;
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
      this.lost = new DariError("unavailable", "The other end of the pipe is gone", { cause });
    }
    this.#in.close();
    this.#out.cancel();
  }

  #end(): void {
    this.closed = true;
    this.#ended.abort();
  }
}
