/**
 * One timer for many deadlines.
 *
 * @module
 */

/** Calls back when the earliest of the deadlines may have passed. */
export class Deadlines {
  readonly #onDue: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #at = Infinity;

  constructor(onDue: () => void) {
    this.#onDue = onDue;
  }

  /** Adds a deadline in terms of `performance.now()`; costs a comparison unless it is the next. */
  add(at: number): void {
    if (at >= this.#at) return;
    clearTimeout(this.#timer);
    this.#at = at;
    // Longer delays than a timer can hold end early and are set again.
    const delay = Math.min(Math.max(0, at - performance.now()), 2 ** 31 - 1);
    this.#timer = setTimeout(() => {
      this.#at = Infinity;
      this.#onDue();
    }, Math.ceil(delay));
  }

  /** Forgets every deadline. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#at = Infinity;
  }
}
