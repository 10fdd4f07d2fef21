/**
 * The deadlines of a set of calls: one timer is set to the earliest and moved only by an earlier one,
 * so that a call that ends in time costs nothing here.
 *
 * @module
 */

import type { sharedAfter } from "../../base/shared_after.ts";
import { DeadlineTimer } from "../../base/deadline_timer.ts";

/** Something with a deadline. */
export interface Timed {
  /** The deadline, in milliseconds of the clock that {@linkcode Deadlines} was given; `Infinity` for none. */
  readonly deadlineAt: number;
}

/** Watches the deadlines of a changing set. */
export class Deadlines<T extends Timed> {
  /** The set. It belongs to the maker of this object. */
  readonly #entries: () => Iterable<T>;
  readonly #expire: (entry: T) => void;
  readonly #monotonic: () => number;
  /** Runs while the earliest deadline is ahead; `stop` ends it. */
  readonly #timer: DeadlineTimer;

  /**
   * @param entries Gives the entries of the set.
   * @param expire Called with each entry whose deadline has passed; it must leave the set.
   * @param monotonic The clock, in milliseconds.
   * @param after Calls back after a time.
   */
  constructor(
    entries: () => Iterable<T>,
    expire: (entry: T) => void,
    monotonic: () => number,
    after?: typeof sharedAfter,
  ) {
    this.#entries = entries;
    this.#expire = expire;
    this.#monotonic = monotonic;
    this.#timer = new DeadlineTimer(() => this.#sweep(), monotonic, after);
  }

  /** Watches the deadline of an entry that joined the set. */
  watch(entry: Timed): void {
    this.#timer.add(entry.deadlineAt);
  }

  /** Stops watching. */
  stop(): void {
    this.#timer.clear();
  }

  #sweep(): void {
    const now = this.#monotonic();
    let next = Infinity;
    for (const entry of [...this.#entries()]) {
      if (entry.deadlineAt <= now) this.#expire(entry);
      else if (entry.deadlineAt < next) next = entry.deadlineAt;
    }
    this.#timer.add(next); // `Infinity`, where no deadline is left, sets no timer
  }
}
