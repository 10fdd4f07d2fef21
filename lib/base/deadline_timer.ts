/**
 * One timer for many deadlines.
 *
 * Invariant: while a deadline is pending, one timer runs, and `#at` is the moment when it ends: that
 * of the earliest deadline that was added since the last call-back.
 *
 * @module
 */

import { after } from "./abort.ts";

/**
 * Calls back when the earliest of many deadlines may have passed. It keeps the program alive until
 * then.
 *
 * @example
 * ```ts
 * import { DeadlineTimer } from "./deadline_timer.ts";
 *
 * const { promise, resolve } = Promise.withResolvers<void>();
 * const timer = new DeadlineTimer(resolve);
 * timer.add(performance.now() + 60_000);
 * timer.add(performance.now() + 1);
 * await promise; // the earlier of the two
 * timer.clear();
 * ```
 */
export class DeadlineTimer {
  readonly #onDue: () => void;
  readonly #monotonic: () => number;
  readonly #after: typeof after;
  /** Set by `add`; called by an earlier deadline and by `clear`. */
  #cancel: () => void = () => {};
  #at = Infinity;

  /**
   * Makes a timer without deadlines.
   *
   * @param onDue Called when the earliest deadline may have passed; it adds the next one.
   * @param monotonic The clock of the deadlines, in milliseconds.
   * @param afterTime Calls back after a time.
   */
  constructor(
    onDue: () => void,
    monotonic: () => number = () => performance.now(),
    afterTime: typeof after = after,
  ) {
    this.#onDue = onDue;
    this.#monotonic = monotonic;
    this.#after = afterTime;
  }

  /**
   * Adds a deadline; costs one comparison unless it is the earliest.
   *
   * @param at The moment on the timer's clock; any moment, `Infinity` for no deadline.
   */
  add(at: number): void {
    if (at >= this.#at) return;
    this.#cancel();
    this.#at = at;
    const ms = Math.ceil(Math.max(0, at - this.#monotonic()));
    this.#cancel = this.#after(ms, () => {
      this.#at = Infinity;
      this.#onDue();
    }, { persistent: true });
  }

  /** Forgets every deadline. */
  clear(): void {
    this.#cancel();
    this.#at = Infinity;
  }
}
