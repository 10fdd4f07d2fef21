/**
 * How many calls there were, how long they took and how they ended.
 *
 * @see {@link https://opentelemetry.io/docs/specs/semconv/rpc/rpc-metrics/ | OpenTelemetry RPC metrics}
 * @module
 */

import type { CallRecord, Observer } from "../../rpc/observer.ts";
import type { Histogram, Labelled } from "./family.ts";
import { MetricsRegistry } from "./registry.ts";

/** The buckets of `rpc.server.call.duration` that are published, in seconds: those of the conventions. */
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

/** Most calls take less than the first of them, so that `dari top` looks closer. */
export const FINE_DURATION_BUCKETS: readonly number[] = [
  .000_025,
  .000_05,
  .000_1,
  .000_25,
  .000_5,
  .001,
  .0025,
  ...DURATION_BUCKETS,
];

/** The name of the durations of calls. */
export const CALL_DURATION = "rpc.server.call.duration";

/** Counts calls: an observer to pass to a server. */
export class CallMetrics implements Observer {
  readonly #durations: Labelled<Histogram>;
  /** By method; failures are looked up by method and code. */
  readonly #succeeded = new Map<string, Histogram>();

  /** @param registry Where they are registered. */
  constructor(registry: MetricsRegistry = new MetricsRegistry()) {
    this.#durations = registry.histogram({
      name: CALL_DURATION,
      help: "How long calls took, from their arrival until the reply left.",
      unit: "s",
      labels: ["rpc.system.name", "rpc.method", "error.type"],
      bounds: FINE_DURATION_BUCKETS,
      published: DURATION_BUCKETS,
    });
  }

  /**
   * Counts a call.
   *
   * @param call The call that ended.
   */
  callEnded(call: Pick<CallRecord, "method" | "durationMs" | "errorCode">): void {
    const { method, errorCode } = call;
    const series = errorCode === undefined
      ? this.#succeeded.get(method) ?? this.#addMethod(method)
      : this.#durations.of("jsonrpc", method, errorCode);
    series.record(call.durationMs / 1_000);
  }

  #addMethod(method: string): Histogram {
    const series = this.#durations.of("jsonrpc", method, "");
    this.#succeeded.set(method, series);
    return series;
  }
}
