/**
 * What metrics look like to those who read them: plain values, which JSON and threads carry.
 *
 * @module
 */

/** The kinds of metrics. */
export type MetricType = "counter" | "gauge" | "histogram";

/** What a metric is, whatever its values are. */
export interface MetricDefinition {
  /**
   * Its name: words of lower-case letters, digits and `_`, joined by dots, as OpenTelemetry writes it:
   * `rpc.server.call.duration`. Prometheus reads `rpc_server_call_duration_seconds`.
   */
  readonly name: string;
  /** What it says, in one line. */
  readonly help: string;
  /** The unit in UCUM: `s`, `By`, `1` for a ratio; none for things that are counted. */
  readonly unit?: string | undefined;
  /** The names of its labels. */
  readonly labels?: readonly string[] | undefined;
}

/** A number that only grows. */
export interface Counter {
  /**
   * Counts.
   *
   * @param count How many more. @default {1}
   */
  add(count?: number): void;
}

/** A number that rises and falls. */
export interface Gauge extends Counter {
  /**
   * Sets it.
   *
   * @param value The number from now on.
   */
  set(value: number): void;
}

/** Counts how many values fall between bounds. */
export interface Histogram {
  /**
   * Records a value.
   *
   * @param value The value.
   */
  record(value: number): void;
}

/** The series of one metric. */
export interface Labelled<Series> {
  /**
   * The series of some labels. Keep it where you record often.
   *
   * @param values The values in the order of the labels' names; empty for one that does not apply.
   */
  of(...values: readonly string[]): Series;
}

/** What one set of labels has. */
export interface MetricSeries {
  /** The labels that have a value. */
  readonly labels: Readonly<Record<string, string>>;
  /** The value of a counter or a gauge; of a histogram, how many values were recorded. */
  readonly value: number;
  /** Of a histogram: how many values fell into each bucket, the last of which has no upper bound. */
  readonly counts?: readonly number[] | undefined;
  /** Of a histogram: the sum of the values. */
  readonly sum?: number | undefined;
}

/** One metric with its values. */
export interface MetricFamily {
  /** Its name, with dots. */
  readonly name: string;
  /** What it says. */
  readonly help: string;
  /** Its unit; empty where it has none. */
  readonly unit: string;
  /** Its kind. */
  readonly type: MetricType;
  /** Of a histogram: the upper bounds of its buckets, which belong to them. */
  readonly bounds?: readonly number[] | undefined;
  /**
   * Of a histogram: those of its bounds that are published to Prometheus and by OTLP, where these are
   * fewer.
   */
  readonly published?: readonly number[] | undefined;
  /** Its values, by labels. */
  readonly series: readonly MetricSeries[];
}

/** Anything that metrics are read from. */
export interface MetricsSource {
  /** Reads all of them. */
  collect(): MetricFamily[];
}

/**
 * A histogram with the bounds that are published alone. Buckets between two of them become one.
 *
 * @param family The histogram; what is none stays as it is.
 */
export function published(family: MetricFamily): MetricFamily {
  const { bounds, published: wanted } = family;
  if (bounds === undefined || wanted === undefined) return family;
  const bucketOf = [...bounds, Infinity].map((bound) => {
    const found = wanted.findIndex((upper) => bound <= upper);
    return found < 0 ? wanted.length : found;
  });
  const series = family.series.map((one) => {
    const counts: number[] = Array(wanted.length + 1).fill(0);
    one.counts?.forEach((count, bucket) => counts[bucketOf[bucket]!]! += count);
    return { ...one, counts };
  });
  return { ...family, bounds: wanted, published: undefined, series };
}
