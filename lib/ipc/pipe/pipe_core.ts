/**
 * What one end of a pipe is made of: two rings, and the lifelines of both ends.
 *
 * Invariants:
 * - Ring 0 is written by side 0 and read by side 1, ring 1 the other way round. At any time one
 *   thread uses a side, its holder.
 * - Word `side` of the liveness memory is the number of the side's holder, counted from 1, or 0 while
 *   the side is on its way to another thread. The holder sets its word only after it holds its
 *   lifeline, and a side that moves clears it before it lets go. So a lifeline that has ended under
 *   an unchanged word means that the holder is gone.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { SharedEvent } from "../wait/event.ts";
import { MessageReader, MessageWriter } from "../ring/messages.ts";
import { holdLifeline, watchLifeline } from "../wait/lifeline.ts";
import { Ring } from "../ring/ring.ts";
import type { Encoding } from "../ring/value.ts";

/**
 * The size of the liveness memory: two holders, an event, and how many holders each side has had.
 */
export const LIVENESS_BYTES = 24;
const HOLDER_EVENT = 2;
const HOLDER_COUNTS = 4;

/** A pipe end on its way to another thread: post it there and open it with {@linkcode openPipe}. */
export interface PipeDescriptor {
  /** What this is. */
  readonly type: "dari.pipe";
  /** The pipe's name, unique in the process. */
  readonly name: string;
  /** Which of the two ends. */
  readonly side: 0 | 1;
  /** The ring that side 0 writes, the ring that side 1 writes, and the liveness memory. */
  readonly buffers: readonly [SharedArrayBuffer, SharedArrayBuffer, SharedArrayBuffer];
  /** How values are encoded. */
  readonly encoding: Encoding;
  /** The longest message in bytes. */
  readonly maxMessageBytes: number;
}

/** One end of a pipe, as its values and its connection of lines use it. */
export class PipeCore {
  /** Made by `pipe()`; the same in every thread that the end moves to. */
  readonly descriptor: PipeDescriptor;
  /** Made here; refuses every write once the ring is closed from either side. */
  readonly writer: MessageWriter;
  /** Made here; reads on after the other side has closed, until the ring is empty. */
  readonly reader: MessageReader;
  /** The other end, while it is in this thread too; set by `pipe()`, never cleared. */
  otherEnd: PipeCore | undefined;
  /** Whether this end was closed or moved to another thread; set once. */
  closed = false;
  /** Why the other end is gone, where it did not close in order; set once, by `#onGone`. */
  lost: DariError | undefined;
  readonly #out: Ring;
  readonly #in: Ring;
  readonly #liveness: Int32Array;
  /** Aborted by `close` and `move`; ends this end's lifeline and its watch of the other's. */
  readonly #ended = new AbortController();
  #crossesThreads = false;
  #moved = false;

  constructor(descriptor: PipeDescriptor) {
    const { side, buffers, maxMessageBytes } = descriptor;
    this.descriptor = descriptor;
    this.#out = Ring.open(buffers[side]);
    this.#in = Ring.open(buffers[side === 0 ? 1 : 0]);
    this.#liveness = new Int32Array(buffers[2]);
    this.writer = new MessageWriter(this.#out, maxMessageBytes);
    this.reader = new MessageReader(this.#in, maxMessageBytes);
  }

  /** Whether one of the ends has moved to another thread. */
  get crossesThreads(): boolean {
    return this.#crossesThreads;
  }

  /** Whether no message is waiting for room, or read only in part. */
  get isIdle(): boolean {
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

  /** The reason for an error of the rings: that the other end is gone, if it is. */
  explain(error: unknown): unknown {
    return this.lost && error instanceof DariError && error.code === "unavailable"
      ? this.lost
      : error;
  }

  /** Closes this end; the other end receives what was sent, and then the end. */
  close(): void {
    if (this.closed) return;
    this.#out.close();
    this.#in.cancel();
    this.#end();
  }

  /** Gives this end up, so that another thread can open it. */
  move(): PipeDescriptor {
    this.refuseIfClosed();
    this.#moved = true;
    Atomics.store(this.#liveness, this.descriptor.side, 0);
    this.#end();
    if (this.otherEnd?.closed === false) this.otherEnd.startLifeline();
    return this.descriptor;
  }

  /** From now on each end notices when the other's thread ends. */
  startLifeline(): void {
    if (this.#crossesThreads) return;
    this.#crossesThreads = true;
    const { name, side } = this.descriptor;
    const arrived = new SharedEvent(this.#liveness, HOLDER_EVENT);
    const holder = Atomics.add(this.#liveness, HOLDER_COUNTS + side, 1) + 1;
    holdLifeline(`${name}.${side}.${holder}`, this.#ended.signal, () => {
      Atomics.store(this.#liveness, side, holder);
      arrived.raise();
    });
    this.#watchOtherEnd(arrived).catch(() => {}); // this end was closed first
  }

  /** Follows the other end from thread to thread until one of its holders is gone. */
  async #watchOtherEnd(arrived: SharedEvent): Promise<void> {
    const { name, side } = this.descriptor;
    const { signal } = this.#ended;
    const other = 1 - side;
    const holder = () => Atomics.load(this.#liveness, other);
    let found = 0;
    for (let known = 0; !signal.aborted;) {
      // The holder is kept as it is read here: a moment later the end may be on its way again.
      const isNew = () => (found = holder()) !== 0 && found !== known;
      await arrived.wait(isNew, { signal });
      known = found;
      await new Promise<void>((gone) => watchLifeline(`${name}.${other}.${known}`, signal, gone));
      if (holder() === known) return this.#onGone();
    }
  }

  #onGone(): void {
    // An end that closes in order closes its ring before it lets go of its lifeline.
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
