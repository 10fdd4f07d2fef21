/**
 * Whether this server has read the same log as the others.
 *
 * Each message of another server says what log that server has read. While one says another log than this
 * one, and none that is as far says this one, it is not known which of the two is wrong.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { LogPoint } from "../log/seal.ts";

/** Hears what others say of the log. */
export class Agreement {
  /** Since when somebody says another log, and how many messages that had at the most. */
  #other: { readonly sinceMs: number; readonly taken: number } | undefined;

  /** Whether somebody says another log, so that nothing is confirmed by this one. */
  get isOpen(): boolean {
    return this.#other !== undefined;
  }

  /**
   * Hears a message of another server.
   *
   * @param point What log it says.
   * @param isSame Whether it is this one.
   * @param nowMs The time, on a clock that never steps.
   */
  hear({ taken }: LogPoint, isSame: boolean, nowMs: number): void {
    const { sinceMs, taken: most } = this.#other ?? { sinceMs: nowMs, taken: 0 };
    if (!isSame) this.#other = { sinceMs, taken: Math.max(most, taken) };
    else if (taken >= most) this.#other = undefined;
  }

  /**
   * Whether it is this server that has read another log, as far as is known: nobody has said this one for
   * as long as any other server takes to.
   *
   * @param nowMs The time.
   */
  isLost(nowMs: number): boolean {
    return nowMs - (this.#other?.sinceMs ?? Infinity) >= limits.storeFollowAgainMs;
  }

  /** The log is read anew. */
  forget(): void {
    this.#other = undefined;
  }
}
