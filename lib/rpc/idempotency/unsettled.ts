/**
 * What a store of answers did not take, and is given again until it does.
 *
 * @module
 */

import { delay } from "../../base/abort.ts";
import { limits } from "../../base/limits.ts";

/** The steps that a store did not take. */
export class Unsettled {
  readonly #now: () => number;
  readonly #ending = new AbortController();
  #size = 0;

  /** @param now The time, in milliseconds since the epoch. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** How many there are. Each is tried by itself, so look before you add one. */
  get size(): number {
    return this.#size;
  }

  /**
   * Takes a step again and again, until it succeeds.
   *
   * @param step The step; it rejects where the store does not take it.
   * @param untilMs When to give up, in milliseconds since the epoch.
   * @returns Once the step has succeeded or its time is over `true`, and `false` where all was ended
   * before; never rejects.
   */
  async settle(step: () => Promise<unknown>, untilMs: number): Promise<boolean> {
    const { signal } = this.#ending;
    this.#size++;
    try {
      do {
        // The signal ends the pause, and the step is taken once more.
        await delay(limits.answerRetryMs, { signal }).catch(() => {});
        if (await step().then(() => true, () => false)) return true;
      } while (!signal.aborted && this.#now() < untilMs);
      return !signal.aborted;
    } finally {
      this.#size--;
    }
  }

  /** Takes each step once more, and then none again. */
  end(): void {
    this.#ending.abort();
  }
}
