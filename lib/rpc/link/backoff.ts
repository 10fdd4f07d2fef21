/**
 * The pauses between attempts to connect.
 *
 * @see {@link https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/ | Full jitter}
 * @module
 */

import { limits } from "../../base/limits.ts";
import { checkBothAboveZero } from "../option_checks.ts";

/** How long a client waits between attempts to connect that fail. */
export interface ReconnectOptions {
  /**
   * The longest pause behind the first attempt that failed, in milliseconds. It doubles with each
   * further one; each pause is a random part of it.
   *
   * @default {100}
   */
  readonly pauseMs?: number | undefined;
  /**
   * The longest pause, in milliseconds.
   *
   * @default {2_000}
   */
  readonly maxPauseMs?: number | undefined;
}

/** Pauses for a random part of a time that doubles with each failure. */
export class Backoff {
  /** The longest pause, in milliseconds. */
  readonly maxPauseMs: number;
  readonly #firstMs: number;
  readonly #random: () => number;
  #failures = 0;

  /**
   * @param options How long.
   * @param random Gives numbers from 0 to less than 1.
   * @throws {RangeError} For times that are no numbers above 0.
   */
  constructor(options: ReconnectOptions = {}, random: () => number = Math.random) {
    const { pauseMs = limits.reconnectPauseMs, maxPauseMs = limits.maxReconnectPauseMs } = options;
    checkBothAboveZero(["pauseMs", "maxPauseMs"], pauseMs, maxPauseMs);
    this.#firstMs = pauseMs;
    this.maxPauseMs = maxPauseMs;
    this.#random = random;
  }

  /** @returns How long to wait after one more failure, in milliseconds. */
  next(): number {
    const ceilingMs = Math.min(this.maxPauseMs, this.#firstMs * 2 ** this.#failures);
    if (ceilingMs < this.maxPauseMs) this.#failures++;
    return this.#random() * ceilingMs;
  }

  /** An attempt succeeded. */
  reset(): void {
    this.#failures = 0;
  }
}
