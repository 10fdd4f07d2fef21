/**
 * One timer for many deadlines.
 *
 * @module
 */

import { limits } from "./limits.ts";

/** Calls back when the earliest of the deadlines may have passed. */
export class DeadlineTimer {
  readonly #onDue: () => void;
  readonly #monotonic: () => number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #at = Infinity;

  /**
   * Makes a timer that waits for nothing yet.
   *
   * @param onDue Called when the earliest deadline may have passed; it adds the next one.
   * @param monotonic The clock of the deadlines, in milliseconds.
   */
  constructor(onDue: () => void, monotonic: () => number = () => performance.now()) {
    this.#onDue = onDue;
    this.#monotonic = monotonic;
  }

  /**
   * Adds a deadline; costs a comparison unless it is the next.
   *
   * @param at The moment, on the timer's clock.
   */
  add(at: number): void {
    if (at >= this.#at) return;
    clearTimeout(this.#timer);
    this.#at = at;
    // A longer wait ends early, finds nothing due, and is set again.
    const delayMs = Math.min(Math.max(0, at - this.#monotonic()), limits.maxTimerMs);
    this.#timer = setTimeout(() => {
      this.#at = Infinity;
      this.#onDue();
    }, Math.ceil(delayMs));
  }

  /** Forgets every deadline. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#at = Infinity;
  }
}
