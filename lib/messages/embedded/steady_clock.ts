/**
 * The time of queues, which a step of the machine's clock does not reach.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";

/** The time of queues, jobs and topics. */
export interface MessageClock {
  /** The time of leases, in milliseconds since the epoch, whole ones. It never goes back. */
  now(): number;
  /** The time of moments that were named long before, in milliseconds since the epoch. */
  today(): number;
}

/**
 * Wall time as it was when this was made, and the time that has passed since. Leases follow it: when
 * the clock is set back by an hour no lease gets an hour longer, and when it is set forward none ends
 * before its time.
 */
export class SteadyClock implements MessageClock {
  readonly #clock: Clock;
  readonly #offsetMs: number;

  /** @param clock The machine's time. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offsetMs = clock.now() - clock.monotonic();
  }

  /** Milliseconds since the epoch, whole ones. It never steps. */
  now(): number {
    return Math.round(this.#offsetMs + this.#clock.monotonic());
  }

  /**
   * Milliseconds since the epoch, for moments that were named long before: it follows the machine's
   * clock forward, also over a time in which the machine slept, and never back.
   */
  today(): number {
    return Math.max(this.now(), this.#clock.now());
  }
}
