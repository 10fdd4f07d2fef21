/**
 * A line of calls that wait for what another thread sends, each served in its turn.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { timedOut, type WaitOptions } from "./event.ts";
import { SendLine } from "./send_line.ts";

/** Waits for the next thing. */
type Take<T> = (options: WaitOptions) => Promise<T>;

/** What takes from one place in this thread, first come first served. */
export class TakeLine {
  readonly #what: string;
  readonly #line: SendLine<undefined>;

  /** @param what What everyone in the line waits for, as an error names it. */
  constructor(what: string) {
    this.#what = what;
    this.#line = new SendLine(what);
  }

  /** Whether nobody waits, so that something may be taken at once. */
  get isEmpty(): boolean {
    return this.#line.isEmpty;
  }

  /**
   * Takes something once everybody who came before has what they wait for, or has given up.
   *
   * @param take Called in this call's turn, with the time that is left.
   * @param options Bounds of the whole wait.
   * @throws {DariError} `deadline_exceeded` where the turn does not come in time, and what `take` throws.
   */
  async take<T>(take: Take<T>, options: WaitOptions): Promise<T> {
    let taken: T | undefined;
    try {
      await this.#line.send(undefined, async (_item, _isSent, leftMs) => {
        taken = await take({ ...options, timeoutMs: leftMs });
      }, options);
    } catch (error) {
      const isLate = error instanceof DariError && error.code === "deadline_exceeded";
      // Not what was left of the time in its turn, but all of it.
      throw isLate && !options.signal?.aborted ? timedOut(this.#what, options.timeoutMs) : error;
    }
    return taken as T;
  }
}
