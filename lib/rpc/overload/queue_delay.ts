/**
 * When a queue has become too long to be a burst: CoDel, and what servers of calls made of it.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8289 | RFC 8289}, CoDel
 * @see {@link https://queue.acm.org/detail.cfm?id=2839461 | Fail at Scale}, CoDel for requests
 * @module
 */

import { limits } from "../../base/limits.ts";

/** How long calls may wait before they begin. */
export interface QueueDelayTimes {
  /** A queue whose calls wait for longer than this, in milliseconds, is looked at. */
  readonly targetDelayMs: number;
  /** A queue that is too long for this time, in milliseconds, is no burst any more. */
  readonly delayIntervalMs: number;
}

/**
 * Judges one queue by how long its calls have waited, whatever its length.
 *
 * It begins to shed as CoDel begins to drop (RFC 8289, section 5.3): once calls have waited for more
 * than the target during a whole interval. CoDel then drops a few packets and trusts that senders
 * slow down. Callers do not, so here every call that has waited for twice the target is shed, until
 * an interval passes in which none had.
 */
export class QueueDelay {
  readonly #targetMs: number;
  readonly #intervalMs: number;
  /** Since when every call has waited for longer than the target; `undefined` where one has not. */
  #aboveSince: number | undefined;
  /** When shedding ends, unless a call is shed before. */
  #shedsUntil = -Infinity;

  /** @param times The target and the interval. */
  constructor({ targetDelayMs, delayIntervalMs }: QueueDelayTimes) {
    this.#targetMs = targetDelayMs;
    this.#intervalMs = delayIntervalMs;
  }

  /**
   * Judges the call at the head of the queue.
   *
   * @param waitedMs How long it has waited, in milliseconds.
   * @param now The time on the monotonic clock, in milliseconds.
   * @returns Whether it should be shed.
   */
  isLate(waitedMs: number, now: number): boolean {
    if (now >= this.#shedsUntil && !this.#begins(waitedMs, now)) return false;
    if (waitedMs <= this.#targetMs * limits.shedDelayFactor) return false;
    this.#shedsUntil = now + this.#intervalMs;
    return true;
  }

  /** The queue is empty: nothing has waited for too long. */
  emptied(): void {
    this.#aboveSince = undefined;
  }

  #begins(waitedMs: number, now: number): boolean {
    if (waitedMs <= this.#targetMs) {
      this.#aboveSince = undefined;
      return false;
    }
    this.#aboveSince ??= now;
    if (now - this.#aboveSince < this.#intervalMs) return false;
    this.#aboveSince = undefined;
    this.#shedsUntil = now + this.#intervalMs;
    return true;
  }
}
