/**
 * What one end of a pipe is made of: two rings, and knowing whether the other thread is there.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { SharedEvent } from "../wait/event.ts";
import { MessageReader, MessageWriter } from "../ring/messages.ts";
import { hold, watch } from "../wait/presence.ts";
import { Ring } from "../ring/ring.ts";
import type { Encoding } from "../ring/value.ts";

/**
 * The third memory: word `side` holds which holder of that end is there, the first being 1, and 0
 * while it is on its way to another thread; then an event, and how many holders each end has had.
 */
export const PRESENCE_BYTES = 24;
const PRESENCE_EVENT = 2;
const HOLDERS = 4;

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
  readonly #presence: Int32Array;
  readonly #ended = new AbortController();
  #announced = false;
  #moved = false;

  constructor(descriptor: PipeDescriptor) {
    const { side, buffers, maxMessageBytes } = descriptor;
    this.descriptor = descriptor;
    this.#out = Ring.open(buffers[side]);
    this.#in = Ring.open(buffers[side === 0 ? 1 : 0]);
    this.#presence = new Int32Array(buffers[2]);
    this.writer = new MessageWriter(this.#out, maxMessageBytes);
    this.reader = new MessageReader(this.#in, maxMessageBytes);
  }

  /** Whether the other end is in another thread. */
  get crossesThreads(): boolean {
    return this.#announced;
  }

  /** Whether no message is half-way: waiting for room, or read in part. */
  get isAtRest(): boolean {
    return this.writer.isIdle && this.reader.isIdle;
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
    Atomics.store(this.#presence, this.descriptor.side, 0);
    this.#end();
    if (this.twin?.closed === false) this.twin.announce();
    return this.descriptor;
  }

  /** Lets the other side notice when this thread dies, and notices when that one does. */
  announce(): void {
    if (this.#announced) return;
    this.#announced = true;
    const { name, side } = this.descriptor;
    const arrived = new SharedEvent(this.#presence, PRESENCE_EVENT);
    const holder = Atomics.add(this.#presence, HOLDERS + side, 1) + 1;
    hold(`${name}.${side}.${holder}`, this.#ended.signal, () => {
      Atomics.store(this.#presence, side, holder);
      arrived.raise();
    });
    this.#watchOther(arrived).catch(() => {}); // this end was closed first
  }

  /** Follows the other end from thread to thread until one of them is gone with it. */
  async #watchOther(arrived: SharedEvent): Promise<void> {
    const { name, side } = this.descriptor;
    const { signal } = this.#ended;
    const other = 1 - side;
    const holder = () => Atomics.load(this.#presence, other);
    let found = 0;
    for (let known = 0; !signal.aborted;) {
      // Looked at once: by now it may be on its way again.
      const isNew = () => (found = holder()) !== 0 && found !== known;
      await arrived.wait(isNew, { signal });
      known = found;
      await new Promise<void>((gone) => watch(`${name}.${other}.${known}`, signal, gone));
      if (holder() === known) return this.#onGone();
    }
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
