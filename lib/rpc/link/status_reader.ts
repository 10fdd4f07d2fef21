/**
 * One reader of what happens to the connections of a client.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { StatusEvent } from "./client_status.ts";

/** One iteration. Of a reader that is slow the oldest events are dropped. */
export class StatusReader implements AsyncIterableIterator<StatusEvent> {
  readonly #events: StatusEvent[] = [];
  readonly #waiting: ((result: IteratorResult<StatusEvent>) => void)[] = [];
  readonly #ended: (reader: StatusReader) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => this.end();
  #isEnded = false;

  /**
   * @param signal Ends it.
   * @param ended Told when it has ended.
   */
  constructor(signal: AbortSignal | undefined, ended: (reader: StatusReader) => void) {
    this.#ended = ended;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (signal?.aborted) this.end();
  }

  /** Something happened. */
  push(event: StatusEvent): void {
    if (this.#isEnded) return;
    const next = this.#waiting.shift();
    if (next !== undefined) return next({ done: false, value: event });
    if (this.#events.length >= limits.maxStatusEventsWaiting) this.#events.shift();
    this.#events.push(event);
  }

  /** Nothing more happens: the iteration ends behind what was told. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#ended(this);
    for (const next of this.#waiting.splice(0)) next({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<StatusEvent>> {
    const value = this.#events.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.#isEnded) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  return(): Promise<IteratorResult<StatusEvent>> {
    this.#events.length = 0;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
