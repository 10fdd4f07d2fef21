/**
 * When a call may be tried again, and after how long.
 *
 * @see {@link https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/ | Full jitter}
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";

/** Decides on retries for one destination, so that a struggling server is not made to struggle more. */
export class RetryPolicy {
  readonly #random: () => number;
  #budget: number = limits.retryBudget;

  /** @param random Gives numbers from 0 to less than 1. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** A call succeeded: that earns a part of a retry. */
  succeeded(): void {
    this.#budget = Math.min(limits.retryBudget, this.#budget + limits.retryEarnedPerSuccess);
  }

  /**
   * Decides on a call that failed.
   *
   * @param error Why it failed.
   * @param attempt How many tries there were, from 1.
   * @returns How long to wait before the next try in milliseconds, or `undefined` for no next try.
   */
  pauseMs(error: unknown, attempt: number): number | undefined {
    if (!(error instanceof DariError) || !error.retryable) return undefined;
    if (attempt >= limits.maxAttempts || this.#budget < 1) return undefined;
    this.#budget--;
    if (error.retryAfterMs !== undefined) return error.retryAfterMs;
    const ceiling = Math.min(limits.maxRetryPauseMs, limits.retryPauseMs * 2 ** (attempt - 1));
    return this.#random() * ceiling;
  }
}
