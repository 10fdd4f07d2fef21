/**
 * The time, read once for all calls that are made in one turn of the microtask queue.
 *
 * @module
 */

/** A clock that stands still while a turn lasts. */
export class TurnClock {
  readonly #monotonic: () => number;
  readonly #endTurn = () => {
    this.#isRead = false;
  };
  #time = 0;
  #isRead = false;

  /** @param monotonic The clock, in milliseconds. */
  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  /** The time at which it was asked first in this turn. */
  now(): number {
    if (!this.#isRead) {
      this.#time = this.#monotonic();
      this.#isRead = true;
      queueMicrotask(this.#endTurn);
    }
    return this.#time;
  }
}
