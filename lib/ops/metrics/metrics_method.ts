/**
 * `rpc.metrics`: what a server has counted, for `dari top`, a console, and `/metrics` of the gateway.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import type { Methods } from "../../rpc/method/method.ts";
import type { MetricFamily, MetricsSource } from "./family.ts";
import { prometheusText } from "./prometheus.ts";

/** The name of the method. */
export const METRICS_METHOD = "rpc.metrics";

/** What `rpc.metrics` answers. Rates come from two answers: what grew, by the time between them. */
export interface MetricsReport {
  /** When it was read, in milliseconds since the epoch. */
  readonly atMs: number;
  /** All metrics of the server, of all its threads together. */
  readonly metrics: readonly MetricFamily[];
}

/**
 * Makes the method. Its param `format` may be `prometheus`: then it answers with that text.
 *
 * @param source What it reads.
 * @param now The time, in milliseconds since the epoch.
 */
export function metricsMethods(source: MetricsSource, now: () => number): Methods {
  return {
    [METRICS_METHOD]: {
      summary: "What the server has counted",
      idempotent: true,
      positions: ["format"],
      handler: (params: { readonly format?: unknown } = {}): MetricsReport | string => {
        const metrics = source.collect();
        switch (params.format) {
          case undefined:
          case "json":
            return { atMs: now(), metrics };
          case "prometheus":
            return prometheusText(metrics);
          default:
            throw new DariError(
              "invalid_params",
              `"format" of "${METRICS_METHOD}" is json or prometheus`,
            );
        }
      },
    },
  };
}
