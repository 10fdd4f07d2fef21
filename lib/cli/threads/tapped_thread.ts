/**
 * The taps of one thread that serves the ports: it sends what they show to the main thread, a batch at
 * a time.
 *
 * @module
 */

import { type TapBatch, TapQueue } from "../../ops/tap/tap_queue.ts";
import type { TapRequest } from "../../ops/tap/tapped_call.ts";

/** A tap of this thread. */
interface RunningTap {
  readonly queue: TapQueue;
  readonly listening: Disposable;
  /** Lets the next batch go. */
  taken: () => void;
}

/** What {@linkcode TappedThread} works with. */
export interface TappedThreadParts {
  /** Begins to listen to the calls of this thread. */
  readonly listen: (request: TapRequest, queue: TapQueue) => Disposable;
  /** Sends a batch to the main thread, which says when it has taken it. */
  readonly send: (tap: number, batch: TapBatch) => void;
}

/** The taps that run in this thread. */
export class TappedThread {
  readonly #parts: TappedThreadParts;
  readonly #taps = new Map<number, RunningTap>();

  /** @param parts How it listens and sends. */
  constructor(parts: TappedThreadParts) {
    this.#parts = parts;
  }

  /**
   * Begins a tap, unless it runs already.
   *
   * @param tap Its number.
   * @param request Which calls.
   */
  begin(tap: number, request: TapRequest): void {
    if (this.#taps.has(tap)) return;
    const queue = new TapQueue();
    const listening = this.#parts.listen(request, queue);
    const running: RunningTap = { queue, listening, taken: () => {} };
    this.#taps.set(tap, running);
    void this.#sendAll(tap, running);
  }

  /**
   * The main thread has taken a batch.
   *
   * @param tap The tap.
   */
  taken(tap: number): void {
    this.#taps.get(tap)?.taken();
  }

  /**
   * Ends a tap.
   *
   * @param tap Its number.
   */
  end(tap: number): void {
    const running = this.#taps.get(tap);
    if (running === undefined) return;
    this.#taps.delete(tap);
    running.listening[Symbol.dispose]();
    running.queue.end();
    running.taken();
  }

  async #sendAll(tap: number, running: RunningTap): Promise<void> {
    for await (const batch of running.queue) {
      const taken = new Promise<void>((resolve) => running.taken = resolve);
      this.#parts.send(tap, batch);
      await taken;
    }
  }
}
