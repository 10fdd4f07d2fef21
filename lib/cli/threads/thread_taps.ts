/**
 * Taps of an administrator in the threads that serve the ports.
 *
 * @module
 */

import type { TapBatch, TapQueue } from "../../ops/tap/tap_queue.ts";
import type { TapRequest } from "../../ops/tap/tapped_call.ts";
import type { Order } from "./messages.ts";

/** The taps that run: the main thread begins and ends them, and takes what they show. */
export class ThreadTaps {
  readonly #tell: (order: Order) => void;
  readonly #queues = new Map<number, { readonly request: TapRequest; readonly queue: TapQueue }>();
  #last = 0;

  /** @param tell Tells an order to all threads. */
  constructor(tell: (order: Order) => void) {
    this.#tell = tell;
  }

  /**
   * Begins a tap in all threads.
   *
   * @param request Which calls.
   * @param queue Takes them.
   * @returns Ends it when disposed of.
   */
  begin(request: TapRequest, queue: TapQueue): Disposable {
    const tap = ++this.#last;
    this.#queues.set(tap, { request, queue });
    this.#tell({ type: "tap", tap, request });
    return {
      [Symbol.dispose]: () => {
        if (this.#queues.delete(tap)) this.#tell({ type: "endTap", tap });
      },
    };
  }

  /**
   * Takes what a thread shows. A thread sends the next batch when this one was taken.
   *
   * @param tap The tap.
   * @param batch The calls.
   */
  took(tap: number, batch: TapBatch): void {
    this.#queues.get(tap)?.queue.add(batch);
  }

  /** A thread serves again: it begins the taps that run, and the others ignore what they have. */
  restarted(): void {
    for (const [tap, { request }] of this.#queues) this.#tell({ type: "tap", tap, request });
  }
}
