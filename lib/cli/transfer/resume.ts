/**
 * Calls with files that go on after their connection broke.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { Backoff } from "../../rpc/link/backoff.ts";
import { pause } from "../../rpc/retry/retry_policy.ts";

/** How a transfer is tried again. */
export interface ResumeOptions {
  /** The method, for errors. */
  readonly method: string;
  /** How long it may take to get the connection back, in milliseconds. */
  readonly timeoutMs: number;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Told why a try failed, before the next one. */
  onBroken(error: DariError): void;
  /** Gives the time in milliseconds. */
  readonly now?: () => number;
  /** Gives numbers from 0 to less than 1. */
  readonly random?: () => number;
}

/** What a try says of itself. */
export interface Try {
  /** What is left until the deadline, in milliseconds. */
  readonly leftMs: number;
  /** Whether it may be made again when the connection breaks; at first that is as in the try before. */
  isRepeatable: boolean;
  /** More has arrived: the deadline begins again. */
  progressed(): void;
}

/**
 * Makes a transfer, and makes it again where it was cut: each try goes on where the one before it was.
 *
 * @param act Makes one try.
 * @param options How long, and who is told.
 * @returns What the try that was not cut gives.
 * @throws What a try throws that was not cut, may not be made again or has no time left.
 */
export async function resumed<T>(
  act: (attempt: Try) => Promise<T>,
  options: ResumeOptions,
): Promise<T> {
  const { now = () => performance.now(), random } = options;
  const { initialBackoffMs: pauseMs, maxBackoffMs: maxPauseMs } = limits;
  const backoff = new Backoff({ pauseMs, maxPauseMs }, random);
  let deadlineAt = now() + options.timeoutMs;
  let isRepeatable = false;
  /** In a row, without anything that arrived between them. */
  let failures = 0;
  while (true) {
    const attempt: Try = {
      leftMs: Math.max(0, deadlineAt - now()),
      isRepeatable,
      progressed() {
        deadlineAt = now() + options.timeoutMs;
        failures = 0;
        backoff.reset();
      },
    };
    try {
      return await act(attempt);
    } catch (error) {
      ({ isRepeatable } = attempt);
      if (!isRepeatable || !wasCut(error)) throw error;
      failures++;
      const pauseMs = error.retryAfterMs ?? backoff.next();
      if (now() + pauseMs >= deadlineAt) throw error;
      if (failures === 1) options.onBroken(error);
      await pause(pauseMs, options);
    }
  }
}

function wasCut(error: unknown): error is DariError {
  return error instanceof DariError && error.code === "unavailable" && error.retryable;
}
