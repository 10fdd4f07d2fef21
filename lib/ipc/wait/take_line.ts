/**
 * A line of calls that wait for what another thread sends, each served in its turn.
 *
 * Invariant: `#lastTurn` resolves when nothing that was in the line before it waits any more; it never
 * rejects, and counts only while something waits.
 *
 * @module
 */

import { settlesWithin } from "../../base/abort.ts";
import { DariError } from "../../base/errors.ts";
import { timedOut, type WaitOptions } from "./event.ts";

/** Waits for the next thing. */
type Take<T> = (options: WaitOptions) => Promise<T>;

/** What takes from one place in this thread, first come first served. */
export class TakeLine {
  readonly #what: string;
  #waiting = 0;
  #lastTurn: Promise<void> = Promise.resolve();
  readonly #leave = () => void this.#waiting--;

  /** @param what What everyone in the line waits for, as an error names it. */
  constructor(what: string) {
    this.#what = what;
  }

  /** Whether nobody waits, so that something may be taken at once. */
  get isEmpty(): boolean {
    return this.#waiting === 0;
  }

  /**
   * Takes something once everybody who came before has what they wait for, or has given up.
   *
   * @param take Called in this call's turn, with the time that is left.
   * @param options Bounds of the whole wait.
   * @throws {DariError} `deadline_exceeded` where the turn does not come in time, and what `take` throws.
   */
  take<T>(take: Take<T>, options: WaitOptions): Promise<T> {
    const before = this.isEmpty ? undefined : this.#lastTurn;
    this.#waiting++;
    // Mostly nobody is before it; then every further promise is a part of what a message costs.
    const taken = before === undefined ? take(options) : this.#takeInTurn(before, take, options);
    const ended = taken.then(this.#leave, this.#leave);
    this.#lastTurn = before === undefined ? ended : before.then(() => ended);
    return taken;
  }

  async #takeInTurn<T>(before: Promise<void>, take: Take<T>, options: WaitOptions): Promise<T> {
    const { timeoutMs = Infinity } = options;
    const deadline = performance.now() + timeoutMs;
    if (!await settlesWithin(before, timeoutMs, options)) throw timedOut(this.#what, timeoutMs);
    try {
      const leftMs = Math.max(0, deadline - performance.now());
      return await take({ ...options, timeoutMs: leftMs });
    } catch (error) {
      const isLate = error instanceof DariError && error.code === "deadline_exceeded";
      // Not what was left of the time in its turn, but all of it.
      throw isLate && !options.signal?.aborted ? timedOut(this.#what, timeoutMs) : error;
    }
  }
}
