/**
 * Whether half of the replies to many calls should leave before the rest is served. That lets both
 * sides work at once, but wakes the other side twice as often: it pays where a core is free for each,
 * and costs where they share one. Nobody tells which it is, so both ways are tried, and the faster is
 * kept.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";

/**
 * Chooses for one connection.
 *
 * Invariant: the way in use is the kept one, but for one window in which the other is tried.
 *
 * @example
 * ```ts
 * import { systemClock } from "../../base/clock.ts";
 * import { EarlyReplies } from "./early_replies.ts";
 *
 * const early = new EarlyReplies();
 * early.arrived(4_800, systemClock);
 * if (early.pays) {
 *   // send the replies that are ready
 * }
 * ```
 */
export class EarlyReplies {
  #isEarly = false;
  /** Whether this window had calls enough to cut in two. */
  #wasAsked = false;
  #beganAt = 0;
  #characters = 0;
  /** How fast the kept way was in its last window, in characters a millisecond. */
  #keptRate = 0;
  #isTrial = false;
  /** How many windows pass between two trials, and how many are left until the next. */
  #pause = 1;
  #untilTrial = 1;

  /** Whether half of the replies should leave now; asked in the middle of many calls. */
  get pays(): boolean {
    this.#wasAsked = true;
    return this.#isEarly;
  }

  /**
   * Counts what came.
   *
   * @param characters Its length.
   * @param clock A monotonic clock, in milliseconds; read at the ends of a window alone.
   */
  arrived(characters: number, clock: Pick<Clock, "monotonic">): void {
    if (this.#characters >= limits.earlyReplyWindowLength) this.#endWindow(clock.monotonic());
    else if (this.#characters === 0) this.#beganAt = clock.monotonic();
    this.#characters += characters;
  }

  #endWindow(now: number): void {
    const rate = this.#characters / Math.max(now - this.#beganAt, Number.EPSILON);
    if (this.#wasAsked) this.#learn(rate);
    this.#wasAsked = false;
    this.#characters = 0;
    this.#beganAt = now;
  }

  #learn(rate: number): void {
    if (this.#isTrial) this.#judge(rate);
    else {
      this.#keptRate = rate;
      this.#untilTrial--;
    }
    this.#isTrial = this.#untilTrial === 0;
    if (this.#isTrial) this.#isEarly = !this.#isEarly;
  }

  /** Keeps the way that was tried where it is clearly faster; tries again later where it is not. */
  #judge(rate: number): void {
    const isFaster = rate > this.#keptRate * limits.earlyReplyGain;
    this.#pause = isFaster ? 1 : Math.min(2 * this.#pause, limits.maxEarlyReplyWindows);
    this.#untilTrial = this.#pause;
    if (isFaster) this.#keptRate = rate;
    else this.#isEarly = !this.#isEarly;
  }
}
