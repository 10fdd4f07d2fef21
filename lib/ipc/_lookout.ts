/**
 * Looking out for work for a moment before going to sleep: to wake up takes longer than most work
 * takes to come.
 *
 * @module
 */

import { limits } from "../base/limits.ts";
import type { AwakeWorkers } from "./_pool_awake.ts";

const MAX_MISSES = 6;

/** One thread's habit: where it looks out in vain, it does so less and less often. */
export class Lookout {
  readonly #awake: AwakeWorkers;
  #misses = 0;
  #skips = 0;

  constructor(awake: AwakeWorkers) {
    this.#awake = awake;
  }

  /** Begins to look out. @returns Until when, on the clock of `performance.now`; 0 for not at all. */
  begin(): number {
    if (this.#skips > 0) {
      this.#skips--;
      return 0;
    }
    return this.#awake.haveFreeCore ? performance.now() + limits.poolLookoutMs : 0;
  }

  /** Work has come. */
  hit(): void {
    this.#misses = 0;
  }

  /** None has. */
  miss(): void {
    this.#misses = Math.min(this.#misses + 1, MAX_MISSES);
    this.#skips = 2 ** this.#misses - 1;
  }
}
