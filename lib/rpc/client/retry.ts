/**
 * When a call may be tried again, and after how long.
 *
 * @see {@link https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/ | Full jitter}
 * @module
 */

import { delay } from "../../base/abort.ts";
import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { cancelled } from "../call/outgoing_call.ts";

/** A call that may be made again, after a try that failed. */
export interface FailedTry {
  /** Why it failed. */
  readonly error: unknown;
  /** How many tries there were, from 1. */
  readonly tries: number;
  /** The call's deadline, in milliseconds of the monotonic clock. */
  readonly deadlineAt: number;
}

/** Decides whether calls are tried again. It hears of every call with options, not only of
 * those that fail. */
export interface RetryPolicy {
  /** A call succeeded. */
  succeeded(): void;
  /**
   * Decides on a call that failed.
   *
   * @param failed The try that failed.
   * @returns How long to wait before the next try in milliseconds, or `undefined` for no next try.
   */
  pauseMs(failed: FailedTry): number | undefined;
}

/**
 * Waits longer after each try, for a random part of a doubling time, and never beyond the call's
 * deadline. Retries of all calls together are paid from one budget that successes refill, so that a
 * server in trouble is not asked several times as often.
 *
 * Invariant: the budget is between 0 and `limits.retryBudget`.
 */
export class BackoffRetryPolicy implements RetryPolicy {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #random: () => number;
  #budget: number = limits.retryBudget;

  /**
   * @param clock The clock of the calls' deadlines.
   * @param random Gives numbers from 0 to less than 1.
   */
  constructor(clock: Pick<Clock, "monotonic">, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  succeeded(): void {
    this.#budget = Math.min(limits.retryBudget, this.#budget + limits.retryEarnedPerSuccess);
  }

  pauseMs({ error, tries, deadlineAt }: FailedTry): number | undefined {
    if (!(error instanceof DariError) || !error.retryable) return undefined;
    if (tries >= limits.maxAttempts || this.#budget < 1) return undefined;
    const pauseMs = error.retryAfterMs ?? this.#random() * retryCeilingMs(tries);
    if (this.#clock.monotonic() + pauseMs >= deadlineAt) return undefined;
    this.#budget--;
    return pauseMs;
  }
}

/**
 * The longest pause behind a try.
 *
 * @param tries How many tries there were, from 1.
 * @returns The pause in milliseconds; it doubles with each try, up to `limits.maxRetryPauseMs`.
 */
export function retryCeilingMs(tries: number): number {
  return Math.min(limits.maxRetryPauseMs, limits.retryPauseMs * 2 ** (tries - 1));
}

/**
 * Waits before a call is tried again.
 *
 * @param ms How long, in milliseconds.
 * @param call The method, and what cancels the call.
 * @throws {DariError} `cancelled`.
 */
export async function pause(
  ms: number,
  { method, signal }: { readonly method: string; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  try {
    await delay(ms, { signal });
  } catch (cause) {
    throw signal?.aborted ? cancelled(method, signal) : cause;
  }
}
