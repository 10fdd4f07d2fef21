/**
 * How much a server takes on at once.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { checkBothAboveZero } from "../option_checks.ts";
import type { QueueDelayTimes } from "./queue_delay.ts";

/** What a server does when it has more calls than it can serve. */
export interface OverloadOptions {
  /**
   * How long calls may wait before they begin, in milliseconds. Where all of them have waited for
   * longer during `delayIntervalMs`, those that have waited for twice as long are answered with
   * `resource_exhausted` and `retryAfterMs` instead of being run. `Infinity` for never.
   *
   * @default {5_000}
   */
  readonly targetDelayMs?: number | undefined;
  /**
   * How long calls have to wait for too long before any is refused for it, in milliseconds: what is
   * shorter is a burst.
   *
   * @default {100}
   */
  readonly delayIntervalMs?: number | undefined;
  /**
   * How many handlers of the server may be at work at once; further calls wait their turn. A stream
   * counts until its handler has begun it.
   *
   * @default {Infinity}
   */
  readonly maxConcurrentCalls?: number | undefined;
}

/**
 * Reads the times, and puts in the defaults.
 *
 * @param options What the server was given.
 * @returns The times.
 * @throws {RangeError} For one that is no number above 0.
 */
export function queueDelayTimes(options: OverloadOptions): QueueDelayTimes {
  const targetDelayMs = options.targetDelayMs ?? limits.targetDelayMs;
  const delayIntervalMs = options.delayIntervalMs ?? limits.delayIntervalMs;
  checkBothAboveZero(["targetDelayMs", "delayIntervalMs"], targetDelayMs, delayIntervalMs);
  return { targetDelayMs, delayIntervalMs };
}
