/**
 * When a call may be tried again, and after how long.
 *
 * @see {@link https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/ | Full jitter}
 * @module
 */

import { delay } from "../../base/abort.ts";
import type { Clock } from "../../base/clock.ts";
import { DariError, errorTable } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { cancelled } from "../call/outgoing_call.ts";
import type { RetrySettings } from "./retry_options.ts";
import { RetryThrottle } from "./retry_throttle.ts";

/** A call that may be made again, after a try that failed. */
export interface FailedTry {
  /** Why it failed. */
  readonly error: unknown;
  /** How many tries there were, from 1. */
  readonly tries: number;
  /** The call's deadline, in milliseconds of the monotonic clock. */
  readonly deadlineAt: number;
  /** Whether it was never sent: it cost the server nothing, and costs no token. */
  readonly isUnsent: boolean;
}

/**
 * Waits longer after each try, for a random part of a growing time, and never beyond the call's
 * deadline. Tries of all calls together are paid from one budget that successes refill, so that a
 * server in trouble is not asked several times as often.
 */
export class RetryPolicy {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #random: () => number;
  readonly #settings: RetrySettings;
  readonly #throttle: RetryThrottle;
  #retries = 0;
  #throttled = 0;

  /**
   * @param clock The clock of the calls' deadlines.
   * @param random Gives numbers from 0 to less than 1.
   * @param settings How often and how soon.
   */
  constructor(clock: Pick<Clock, "monotonic">, random: () => number, settings: RetrySettings) {
    this.#clock = clock;
    this.#random = random;
    this.#settings = settings;
    this.#throttle = new RetryThrottle(settings.maxTokens, settings.tokenRatio);
  }

  /** How many tries were allowed behind the first ones. */
  get retries(): number {
    return this.#retries;
  }

  /** How many were not, for want of tokens. */
  get throttled(): number {
    return this.#throttled;
  }

  /** How many tokens are left. */
  get tokens(): number {
    return this.#throttle.tokens;
  }

  /** Whether a call may be made over a second connection while it waits at a silent server. */
  get allowsHedge(): boolean {
    return this.#settings.maxAttempts > 1 && this.#throttle.allowsRetry;
  }

  /** A call is made over a second connection: it costs a token, as a try that follows an error. */
  hedged(): void {
    this.#throttle.failed();
    this.#retries++;
  }

  /** So many calls succeeded that might have been tried again. */
  succeeded(count = 1): void {
    this.#throttle.succeeded(count);
  }

  /**
   * Whether a call that failed may be tried again at all, as far as its error goes.
   *
   * @param error Why it failed.
   * @returns Whether it may.
   */
  isRetryable(error: unknown): error is DariError {
    if (!(error instanceof DariError)) return false;
    const { maxAttempts, retryableStatusCodes: codes } = this.#settings;
    // As in gRPC, a pause of less than nothing means: not again.
    if (maxAttempts <= 1 || (error.retryAfterMs ?? 0) < 0) return false;
    if (codes === undefined) return error.retryable;
    return codes.has(error.code) && (error.retryable || !errorTable[error.code].retryable);
  }

  /**
   * Decides on a call that failed and may run twice.
   *
   * @param failed The try that failed.
   * @returns How long to wait before the next try in milliseconds, or `undefined` for no next try.
   */
  pauseMs({ error, tries, deadlineAt, isUnsent }: FailedTry): number | undefined {
    if (!this.isRetryable(error)) return undefined;
    if (!isUnsent) this.#throttle.failed();
    if (tries >= this.#settings.maxAttempts) return undefined;
    const leftMs = deadlineAt - this.#clock.monotonic();
    const pauseMs = this.#pauseMs(error, tries, leftMs);
    if (pauseMs === undefined) return undefined;
    if (!isUnsent && !this.#throttle.allowsRetry) {
      this.#throttled++;
      return undefined;
    }
    this.#retries++;
    return pauseMs;
  }

  #pauseMs({ retryAfterMs }: DariError, tries: number, leftMs: number): number | undefined {
    if (retryAfterMs !== undefined && !Number.isNaN(retryAfterMs)) {
      return retryAfterMs < Math.min(leftMs, limits.maxCallTimeoutMs) ? retryAfterMs : undefined;
    }
    if (leftMs < limits.minRetryLeftMs) return undefined;
    const { initialBackoffMs, maxBackoffMs, backoffMultiplier } = this.#settings;
    const backoffMs = initialBackoffMs * backoffMultiplier ** (tries - 1);
    // Half of what is left stays for the next try: the call uses its deadline to the end.
    const ceilingMs = Math.min(maxBackoffMs, backoffMs, leftMs / 2);
    return Math.max(limits.minBackoffMs, this.#random() * ceilingMs);
  }
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
