/**
 * How often, and how soon, a client makes calls again. The names are those of gRPC's service config.
 *
 * @see {@link https://github.com/grpc/proposal/blob/master/A6-client-retries.md | gRFC A6}
 * @module
 */

import { type ErrorCode, errorTable } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { checkAtLeast } from "../option_checks.ts";

/** When one call is made again. */
export interface RetryOptions {
  /**
   * The most times that a call is made, the first one included; 1 for no retries. By default the
   * deadline and `retryThrottling` end the retries first.
   *
   * @default {100_000}
   */
  readonly maxAttempts?: number | undefined;
  /**
   * The longest pause behind the first try, in milliseconds. Each pause is drawn at random between
   * 0 and its longest ("full jitter"), and never takes more than half of what the deadline leaves.
   *
   * @default {100}
   */
  readonly initialBackoffMs?: number | undefined;
  /**
   * The longest pause behind any try, in milliseconds.
   *
   * @default {5_000}
   */
  readonly maxBackoffMs?: number | undefined;
  /**
   * By how much the longest pause grows with each try.
   *
   * @default {2}
   */
  readonly backoffMultiplier?: number | undefined;
  /**
   * The errors behind which a call is made again. One that says itself that trying again does not
   * help ends the call whatever its code.
   *
   * @default {those that say `retryable`}
   */
  readonly retryableStatusCodes?: readonly ErrorCode[] | undefined;
}

/** One budget for the retries of all calls of a client, so that a server in trouble gets no more load. */
export interface RetryThrottlingOptions {
  /**
   * How many tokens the client has at first and at most. A try that was sent and failed costs one,
   * and with half of them or fewer left nothing is made again.
   *
   * @default {2_500}
   */
  readonly maxTokens?: number | undefined;
  /**
   * How many tokens a call that succeeded earns.
   *
   * @default {0.1}
   */
  readonly tokenRatio?: number | undefined;
}

/** The options of retries with every default filled in. */
export interface RetrySettings {
  readonly maxAttempts: number;
  readonly initialBackoffMs: number;
  readonly maxBackoffMs: number;
  readonly backoffMultiplier: number;
  readonly retryableStatusCodes: ReadonlySet<ErrorCode> | undefined;
  readonly maxTokens: number;
  readonly tokenRatio: number;
}

/**
 * Checks the options of retries and fills in their defaults.
 *
 * @param retry When one call is made again.
 * @param throttling The budget of all calls.
 * @returns All of it.
 * @throws {RangeError} For a number that cannot be used, which it names.
 * @throws {TypeError} For a code that is none.
 */
export function retrySettings(
  retry: RetryOptions = {},
  throttling: RetryThrottlingOptions = {},
): RetrySettings {
  const {
    maxAttempts = limits.retryMaxAttempts,
    initialBackoffMs = limits.initialBackoffMs,
    maxBackoffMs = limits.maxBackoffMs,
    backoffMultiplier = limits.backoffMultiplier,
    retryableStatusCodes: codes,
  } = retry;
  const { maxTokens = limits.retryMaxTokens, tokenRatio = limits.retryTokenRatio } = throttling;
  checkAtLeast("retry.maxAttempts", maxAttempts, 1);
  checkAtLeast("retry.initialBackoffMs", initialBackoffMs, 0);
  checkAtLeast("retry.maxBackoffMs", maxBackoffMs, 0);
  checkAtLeast("retry.backoffMultiplier", backoffMultiplier, 1);
  checkAtLeast("retryThrottling.maxTokens", maxTokens, 0);
  checkAtLeast("retryThrottling.tokenRatio", tokenRatio, 0);
  for (const code of codes ?? []) {
    if (!Object.hasOwn(errorTable, code)) {
      throw new TypeError(`retry.retryableStatusCodes has "${code}", which is no error code`);
    }
  }
  return {
    maxAttempts,
    initialBackoffMs,
    maxBackoffMs,
    backoffMultiplier,
    retryableStatusCodes: codes && new Set(codes),
    maxTokens,
    tokenRatio,
  };
}
