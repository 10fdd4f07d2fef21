/**
 * How many calls there were, how long they took and how they ended.
 *
 * @see {@link https://opentelemetry.io/docs/specs/semconv/rpc/rpc-metrics/ | OpenTelemetry RPC metrics}
 * @module
 */

import type { ErrorCode } from "../base/errors.ts";
import type { CallRecord, Observer } from "../rpc/observer.ts";

/** Upper bounds of the buckets of `rpc.server.call.duration`, in seconds. */
export const DURATION_BUCKETS: readonly number[] = [
  .005,
  .01,
  .025,
  .05,
  .075,
  .1,
  .25,
  .5,
  .75,
  1,
  2.5,
  5,
  7.5,
  10,
];

/** The durations of the calls of one method that ended one way. */
export interface DurationSeries {
  /** The method's name, or `_OTHER`. */
  readonly method: string;
  /** The code of the error, or `undefined` for calls that succeeded. */
  readonly error: ErrorCode | undefined;
  /** Calls by bucket. The last bucket, behind {@linkcode DURATION_BUCKETS}, has the longest calls. */
  readonly counts: Float64Array;
  /** The sum of all durations, in seconds. */
  sum: number;
}

/** Counts calls: an observer to pass to a server. */
export class CallMetrics implements Observer {
  /** By method. */
  readonly #succeeded = new Map<string, DurationSeries>();
  /** By method and error code. */
  readonly #failed = new Map<string, DurationSeries>();

  /**
   * Counts a call.
   *
   * @param call The call that ended.
   */
  callEnded(call: Pick<CallRecord, "method" | "durationMs" | "errorCode">): void {
    const { method, durationMs, errorCode: error } = call;
    const series = error === undefined
      ? this.#succeeded.get(method) ?? this.#add(this.#succeeded, method, method, error)
      : this.#failed.get(`${method} ${error}`) ??
        this.#add(this.#failed, `${method} ${error}`, method, error);
    const seconds = durationMs / 1_000;
    let bucket = 0;
    while (seconds > (DURATION_BUCKETS[bucket] ?? Infinity)) bucket++;
    series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
    series.sum += seconds;
  }

  /** @returns The series so far. */
  series(): DurationSeries[] {
    return [...this.#succeeded.values(), ...this.#failed.values()];
  }

  #add(
    map: Map<string, DurationSeries>,
    key: string,
    method: string,
    error: ErrorCode | undefined,
  ): DurationSeries {
    const counts = new Float64Array(DURATION_BUCKETS.length + 1);
    const series = { method, error, counts, sum: 0 };
    map.set(key, series);
    return series;
  }
}
