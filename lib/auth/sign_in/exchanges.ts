/**
 * What the server remembers between two messages of a sign-in.
 *
 * @module
 */

import { BoundedMap } from "../../base/bounded_map.ts";
import type { Clock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";

/**
 * The unfinished exchanges: one for each connection at most. Each can be continued once, and within a
 * minute.
 */
export class Exchanges<T> {
  readonly #clock: Clock;
  /** Made here, by connection; an entry ends when it is taken, or when too many others came after it. */
  readonly #open = new BoundedMap<string, { state: T; endsAtMs: number }>(limits.maxExchanges);

  /**
   * Makes an empty collection.
   *
   * @param clock The time.
   */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Remembers a connection's exchange, in place of the one before.
   *
   * @param connectionId The connection's id.
   * @param state What to remember.
   */
  put(connectionId: string, state: T): void {
    const endsAtMs = this.#clock.monotonic() + limits.exchangeTimeoutMs;
    this.#open.set(connectionId, { state, endsAtMs });
  }

  /**
   * Takes a connection's exchange out.
   *
   * @param connectionId The connection's id.
   * @returns What was remembered; `null` where there is nothing, or it is too old.
   */
  take(connectionId: string): T | null {
    const found = this.#open.get(connectionId);
    this.#open.delete(connectionId);
    return found !== undefined && found.endsAtMs > this.#clock.monotonic() ? found.state : null;
  }
}
