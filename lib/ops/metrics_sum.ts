/**
 * The metrics of several threads as one set.
 *
 * @module
 */

import type { ErrorCode } from "../base/errors.ts";
import { DURATION_BUCKETS, type DurationSeries } from "./metrics.ts";

/** Anything that counts calls. */
export interface MetricsSource {
  /** The series so far. */
  series(): readonly DurationSeries[];
}

/**
 * Adds up what several sources have counted. A source that ends keeps what it has counted: a counter
 * never goes back.
 *
 * @example
 * ```ts
 * import { MetricsSum } from "./metrics_sum.ts";
 * import { CallMetrics } from "./metrics.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const [own, other] = [new CallMetrics(), new CallMetrics()];
 * own.callEnded({ method: "add", durationMs: 1, errorCode: undefined });
 * other.callEnded({ method: "add", durationMs: 2, errorCode: undefined });
 * const sum = new MetricsSum(own);
 * sum.take(1, other.series());
 * assertEquals(sum.series().map(({ counts }) => counts[0]), [2]);
 * ```
 */
export class MetricsSum implements MetricsSource {
  readonly #own: MetricsSource;
  /** What each thread said last. */
  readonly #latest = new Map<number, readonly DurationSeries[]>();
  /** What threads counted that have ended. */
  #ended: DurationSeries[] = [];

  /** @param own What this thread counts. */
  constructor(own: MetricsSource) {
    this.#own = own;
  }

  /**
   * Takes what a thread has counted since it began.
   *
   * @param thread Its number.
   * @param series All its series, which stay as they are.
   */
  take(thread: number, series: readonly DurationSeries[]): void {
    this.#latest.set(thread, series);
  }

  /**
   * Keeps what a thread has counted that has ended. Another one may begin under its number.
   *
   * @param thread Its number.
   */
  end(thread: number): void {
    this.#ended = add([this.#ended, this.#latest.get(thread) ?? []]);
    this.#latest.delete(thread);
  }

  /** @returns The series of all threads so far. */
  series(): DurationSeries[] {
    return add([this.#own.series(), this.#ended, ...this.#latest.values()]);
  }
}

function add(all: readonly (readonly DurationSeries[])[]): DurationSeries[] {
  const sums = new Map<string, DurationSeries>();
  for (const { method, error, counts, sum } of all.flat()) {
    const key = `${method} ${error ?? ""}`;
    const into = sums.get(key) ?? emptySeries(method, error);
    sums.set(key, into);
    for (const [bucket, count] of counts.entries()) into.counts[bucket]! += count;
    into.sum += sum;
  }
  return [...sums.values()];
}

function emptySeries(method: string, error: ErrorCode | undefined): DurationSeries {
  return { method, error, counts: new Float64Array(DURATION_BUCKETS.length + 1), sum: 0 };
}
