/**
 * One timer for many deadlines: it is set to the earliest and moved only by an earlier one, so that
 * a call that ends in time costs nothing here.
 *
 * @module
 */

/** Something that is too late at a moment. */
export interface Timed {
  /** The moment, on the clock that {@linkcode Deadlines} was given. */
  readonly deadlineAt: number;
}

/** Watches the deadlines of a changing set. */
export class Deadlines<T extends Timed> {
  readonly #entries: () => Iterable<T>;
  readonly #expire: (entry: T) => void;
  readonly #monotonic: () => number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wakesAt = Infinity;

  /**
   * @param entries Gives those that are waiting.
   * @param expire Told of each that is too late; it must leave the set.
   * @param monotonic The clock, in milliseconds.
   */
  constructor(entries: () => Iterable<T>, expire: (entry: T) => void, monotonic: () => number) {
    this.#entries = entries;
    this.#expire = expire;
    this.#monotonic = monotonic;
  }

  /** Watches an entry that joined the set. */
  watch(entry: Timed): void {
    if (entry.deadlineAt < this.#wakesAt) this.#wakeAt(entry.deadlineAt);
  }

  /** Stops watching. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#wakesAt = Infinity;
  }

  #wakeAt(moment: number): void {
    clearTimeout(this.#timer);
    this.#wakesAt = moment;
    // setTimeout takes at most 2^31 - 1 ms; a sweep that comes early only looks and sleeps again.
    const waitMs = Math.min(Math.max(0, moment - this.#monotonic()), 2 ** 31 - 1);
    this.#timer = setTimeout(() => this.#sweep(), Math.ceil(waitMs));
  }

  #sweep(): void {
    this.#wakesAt = Infinity;
    const now = this.#monotonic();
    let next = Infinity;
    for (const entry of [...this.#entries()]) {
      if (entry.deadlineAt <= now) this.#expire(entry);
      else if (entry.deadlineAt < next) next = entry.deadlineAt;
    }
    if (next < Infinity) this.#wakeAt(next);
  }
}
