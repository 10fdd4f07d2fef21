/**
 * The time, read once for all that is done in one turn of the microtask queue: reading a clock is no
 * small part of a small call.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";

const turnClocks = new WeakMap<Clock, TurnClock>();

/** A clock that stands still while a turn lasts. */
export class TurnClock implements Clock {
  readonly #clock: Clock;
  readonly #endTurn = () => {
    this.#isRead = this.#isMonotonicRead = false;
  };
  #now = 0;
  #isRead = false;
  #monotonic = 0;
  #isMonotonicRead = false;

  /** @param clock The clock that it reads. */
  private constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Gives the one for a clock, which its connections share: what several of them have received is
   * often served in one turn.
   *
   * @param clock The clock.
   * @returns The same one each time.
   */
  static of(clock: Clock): TurnClock {
    let turn = turnClocks.get(clock);
    if (turn === undefined) turnClocks.set(clock, turn = new TurnClock(clock));
    return turn;
  }

  /** The wall time at which it was asked first in this turn. */
  now(): number {
    if (!this.#isRead) {
      this.#now = this.#clock.now();
      this.#begin();
      this.#isRead = true;
    }
    return this.#now;
  }

  /** The time for measuring at which it was asked first in this turn. */
  monotonic(): number {
    if (!this.#isMonotonicRead) {
      this.#monotonic = this.#clock.monotonic();
      this.#begin();
      this.#isMonotonicRead = true;
    }
    return this.#monotonic;
  }

  /** Once a turn, whatever is read. */
  #begin(): void {
    if (!this.#isRead && !this.#isMonotonicRead) queueMicrotask(this.#endTurn);
  }
}
