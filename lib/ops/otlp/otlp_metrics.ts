/**
 * Metrics as OTLP/HTTP carries them in JSON.
 *
 * @see {@link https://opentelemetry.io/docs/specs/otlp/ | OTLP}, JSON Protobuf Encoding
 * @module
 */

import { VERSION } from "../../base/version.ts";
import { type MetricFamily, type MetricSeries, published } from "../metrics/family.ts";

/** AGGREGATION_TEMPORALITY_CUMULATIVE: counts since the beginning, so that a request may be lost. */
const CUMULATIVE = 2;

/** When metrics were counted. */
export interface OtlpTimes {
  /** When the program began, in milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** When they were read. */
  readonly atMs: number;
}

/**
 * Writes the body of a request.
 *
 * @param families The metrics.
 * @param resource What is told of this program.
 * @param times When they were counted.
 * @returns JSON.
 */
export function otlpBody(
  families: readonly MetricFamily[],
  resource: Readonly<Record<string, string>>,
  times: OtlpTimes,
): string {
  const metrics = families.map((family) => metricOf(published(family), times));
  const scope = { name: "dari", version: VERSION };
  const attributes = attributesOf(resource);
  return JSON.stringify({
    resourceMetrics: [{ resource: { attributes }, scopeMetrics: [{ scope, metrics }] }],
  });
}

function metricOf(family: MetricFamily, times: OtlpTimes): object {
  const { name, help: description, unit, type, series, bounds = [] } = family;
  const stamp = {
    startTimeUnixNano: nanoseconds(times.startedAtMs),
    timeUnixNano: nanoseconds(times.atMs),
  };
  const about = { name, description, unit };
  if (type === "histogram") {
    const dataPoints = series.map((one) => ({ ...stamp, ...histogramPoint(one, bounds) }));
    return { ...about, histogram: { aggregationTemporality: CUMULATIVE, dataPoints } };
  }
  const dataPoints = series.map(({ labels, value }) => ({
    ...stamp,
    attributes: attributesOf(labels),
    asDouble: value,
  }));
  if (type === "gauge") return { ...about, gauge: { dataPoints } };
  return { ...about, sum: { aggregationTemporality: CUMULATIVE, isMonotonic: true, dataPoints } };
}

function histogramPoint(
  { labels, value, counts = [], sum = 0 }: MetricSeries,
  explicitBounds: readonly number[],
): object {
  return {
    attributes: attributesOf(labels),
    count: String(value), // 64 bits are text in JSON
    sum,
    bucketCounts: counts.map(String),
    explicitBounds,
  };
}

function attributesOf(labels: Readonly<Record<string, string>>): object[] {
  return Object.entries(labels).map(([key, stringValue]) => ({ key, value: { stringValue } }));
}

function nanoseconds(ms: number): string {
  return String(BigInt(Math.round(ms)) * 1_000n * 1_000n);
}
