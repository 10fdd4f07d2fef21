/**
 * Whether anybody waits for a pool: while nobody does, it does not keep the program alive.
 *
 * @module
 */

import { after } from "../../base/abort.ts";
import { limits } from "../../base/limits.ts";

/**
 * Counts the calls that somebody waits for, and tells when there are some and when there have been
 * none for a while: a pool that is called one call at a time does not change all the time.
 */
export class Activity {
  readonly #onChange: (isActive: boolean) => void;
  #calls = 0;
  #isActive = false;
  #endedAt = 0;
  /** Cancels the timer that runs while there are no calls, and possibly longer. */
  #cancelTimer: (() => void) | undefined;

  /** @param onChange Called with `true` by the first call, and with `false` after the last one. */
  constructor(onChange: (isActive: boolean) => void) {
    this.#onChange = onChange;
  }

  /** Counts a call. */
  begin(): void {
    this.#calls++;
    if (this.#isActive) return;
    this.#isActive = true;
    this.#onChange(true);
  }

  /** Counts a call that is settled. */
  end(): void {
    if (--this.#calls > 0) return;
    this.#endedAt = performance.now();
    if (this.#cancelTimer === undefined) this.#startTimer(limits.poolIdleMs);
  }

  /** Ends it for good; `onChange` is not called any more. */
  stop(): void {
    this.#isActive = true;
    this.#cancelTimer?.();
    this.#cancelTimer = () => {};
  }

  #startTimer(ms: number): void {
    this.#cancelTimer = after(ms, () => {
      this.#cancelTimer = undefined;
      if (this.#calls > 0) return;
      const leftMs = this.#endedAt + limits.poolIdleMs - performance.now();
      if (leftMs > 0) return this.#startTimer(leftMs);
      this.#isActive = false;
      this.#onChange(false);
    }, { persistent: false });
  }
}
