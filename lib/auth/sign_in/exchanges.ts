/**
 * What the server remembers between two messages of a sign-in.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";

/** At most one unfinished exchange a connection; each can be taken up once, and within a minute. */
export class Exchanges<T> {
  readonly #clock: Clock;
  readonly #open = new Map<string, { state: T; endsAtMs: number }>();

  /**
   * Makes an empty one.
   *
   * @param clock The time.
   */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Remembers a connection's exchange in place of the one before.
   *
   * @param connectionId Names the connection.
   * @param state What to remember.
   */
  put(connectionId: string, state: T): void {
    this.#open.delete(connectionId);
    const oldest = this.#open.keys().next();
    if (this.#open.size >= limits.maxExchanges && !oldest.done) this.#open.delete(oldest.value);
    const endsAtMs = this.#clock.monotonic() + limits.exchangeTimeoutMs;
    this.#open.set(connectionId, { state, endsAtMs });
  }

  /**
   * Takes up a connection's exchange.
   *
   * @param connectionId Names the connection.
   * @returns What was remembered; `null` where there is none, or it is too old.
   */
  take(connectionId: string): T | null {
    const found = this.#open.get(connectionId);
    this.#open.delete(connectionId);
    return found !== undefined && found.endsAtMs > this.#clock.monotonic() ? found.state : null;
  }
}
