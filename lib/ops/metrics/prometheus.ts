/**
 * Metrics as Prometheus reads them.
 *
 * @see {@link https://prometheus.io/docs/instrumenting/exposition_formats/ | the text format, 0.0.4}
 * @see {@link https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/ | how names are written}
 * @module
 */

import { type MetricFamily, type MetricSeries, published } from "./family.ts";

/** The media type of the text. */
export const PROMETHEUS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** The units whose names Prometheus writes out. */
const UNITS: Readonly<Record<string, string>> = { s: "seconds", By: "bytes" };

/**
 * Writes metrics as text.
 *
 * @param families The metrics.
 * @returns Lines, each ended by LF.
 *
 * @example
 * ```ts
 * import { MetricsRegistry, prometheusText } from "@dari/dari";
 * import { assertEquals } from "@std/assert";
 *
 * const registry = new MetricsRegistry();
 * registry.gauge({ name: "shop.baskets", help: "Baskets in use." }).of().set(3);
 * assertEquals(
 *   prometheusText(registry.collect()),
 *   "# HELP shop_baskets Baskets in use.\n# TYPE shop_baskets gauge\nshop_baskets 3\n",
 * );
 * ```
 */
export function prometheusText(families: readonly MetricFamily[]): string {
  return families.map((family) => linesOf(published(family)).map((line) => `${line}\n`).join(""))
    .join("");
}

/**
 * The name under which Prometheus knows a metric.
 *
 * @param family The metric.
 */
export function prometheusName({ name, unit, type }: Omit<MetricFamily, "series">): string {
  const suffix = unit === "1" && type === "gauge" ? "ratio" : UNITS[unit];
  const base = name.replaceAll(".", "_");
  const withUnit = suffix === undefined || base.endsWith(`_${suffix}`) ? base : `${base}_${suffix}`;
  return type === "counter" && !withUnit.endsWith("_total") ? `${withUnit}_total` : withUnit;
}

function linesOf(family: MetricFamily): string[] {
  const name = prometheusName(family);
  const { help, type, series, bounds = [] } = family;
  const samples = series.flatMap((one) =>
    type === "histogram" ? histogramLines(name, one, bounds) : [sample(name, one.labels, one.value)]
  );
  const text = help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return [`# HELP ${name} ${text}`, `# TYPE ${name} ${type}`, ...samples];
}

function histogramLines(
  name: string,
  { labels, counts = [], sum = 0, value }: MetricSeries,
  bounds: readonly number[],
): string[] {
  let below = 0;
  const buckets = [...bounds, Infinity].map((bound, bucket) => {
    below += counts[bucket] ?? 0;
    return sample(`${name}_bucket`, { ...labels, le: numberText(bound) }, below);
  });
  return [...buckets, sample(`${name}_sum`, labels, sum), sample(`${name}_count`, labels, value)];
}

function sample(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const pairs = Object.entries(labels)
    .map(([label, text]) => `${label.replaceAll(".", "_")}="${escapeLabel(text)}"`);
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${numberText(value)}`;
}

function escapeLabel(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function numberText(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}
