/**
 * The metrics of one thread: each part of a server registers its own, records them, and knows nothing
 * of those who read.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type {
  Counter,
  Gauge,
  Histogram,
  Labelled,
  MetricDefinition,
  MetricFamily,
  MetricsSource,
  MetricType,
} from "./family.ts";
import {
  CounterSeries,
  GaugeSeries,
  HistogramSeries,
  labelled,
  readSeries,
  SeriesSet,
} from "./instruments.ts";

/** What a {@linkcode MetricsRegistry.observe} gives: one number, or one for each set of labels. */
export type Observed = number | Iterable<readonly [labels: readonly string[], value: number]>;

/** What a histogram is registered with. */
export interface HistogramDefinition extends MetricDefinition {
  /** The upper bounds of its buckets, which belong to them, in rising order. */
  readonly bounds: readonly number[];
  /** Those of them that Prometheus and OTLP get. @default {all of them} */
  readonly published?: readonly number[] | undefined;
}

/** A metric as it is registered. */
interface Registered {
  readonly definition: MetricDefinition & Partial<HistogramDefinition>;
  readonly type: MetricType;
  /** What values are recorded in; absent where they are read elsewhere. */
  readonly set?: SeriesSet<CounterSeries | HistogramSeries>;
  /** Where values are read. */
  readonly reads: Set<() => Observed>;
}

const NAME = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/;

/**
 * Counters, gauges and histograms by name. Recording costs some nanoseconds; labels are bounded:
 * where a metric has 2,000 series, further ones are counted as `_OTHER`.
 *
 * @example
 * ```ts
 * import { MetricsRegistry, prometheusText } from "@dari/dari";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const registry = new MetricsRegistry();
 * const orders = registry.counter({
 *   name: "shop.orders",
 *   help: "Orders that were placed.",
 *   labels: ["country"],
 * });
 * orders.of("KR").add();
 * assertStringIncludes(prometheusText(registry.collect()), 'shop_orders_total{country="KR"} 1');
 * ```
 */
export class MetricsRegistry implements MetricsSource {
  /** By the name that Prometheus reads, without its unit: `a.b` and `a_b` are one there. */
  readonly #metrics = new Map<string, Registered>();

  /**
   * Registers a number that only grows. Registered again, it is the same one.
   *
   * @param definition What it is.
   * @returns Its series, by the values of its labels.
   * @throws {TypeError} For a name that is malformed, or means something else already.
   */
  counter(definition: MetricDefinition): Labelled<Counter> {
    return this.#recorded(definition, "counter", () => new CounterSeries());
  }

  /**
   * Registers a number that rises and falls. Threads add up theirs.
   *
   * @param definition What it is.
   * @returns Its series, by the values of its labels.
   * @throws {TypeError} For a name that is malformed, or means something else already.
   */
  gauge(definition: MetricDefinition): Labelled<Gauge> {
    return this.#recorded(definition, "gauge", () => new GaugeSeries());
  }

  /**
   * Registers values of which is counted how many fall between bounds.
   *
   * @param definition What it is.
   * @returns Its series, by the values of its labels.
   * @throws {TypeError} For a name that is malformed, or means something else already.
   * @throws {RangeError} For bounds that do not rise.
   */
  histogram(definition: HistogramDefinition): Labelled<Histogram> {
    const { name, bounds } = definition;
    if (bounds.some((bound, at) => !(bound > (bounds[at - 1] ?? -Infinity)))) {
      throw new RangeError(`The bounds of the histogram "${name}" do not rise`);
    }
    return this.#recorded(definition, "histogram", () => new HistogramSeries(bounds));
  }

  /**
   * Registers a counter or a gauge that is read where it is kept, each time when somebody asks.
   * Several may be registered under one name, with different labels.
   *
   * @param type What it is.
   * @param definition What it is called.
   * @param read Reads it. Where it throws, it is left out of this reading.
   * @returns Ends the readings.
   * @throws {TypeError} For a name that is malformed, or means something else already.
   */
  observe(
    type: "counter" | "gauge",
    definition: MetricDefinition,
    read: () => Observed,
  ): Disposable {
    const { reads } = this.#registered(definition, type, undefined);
    reads.add(read);
    return { [Symbol.dispose]: () => void reads.delete(read) };
  }

  /** Reads all metrics with their values now. */
  collect(): MetricFamily[] {
    return this.#metrics.values().map(familyOf).filter(({ series }) => series.length > 0).toArray();
  }

  #recorded<Series extends CounterSeries | HistogramSeries>(
    definition: MetricDefinition,
    type: MetricType,
    make: () => Series,
  ): SeriesSet<Series> {
    const { labels = [] } = definition;
    const fresh = () => new SeriesSet(labels, make, limits.maxMetricSeries);
    // Metrics of one name and type have one kind of series.
    const { set } = this.#registered(definition, type, fresh);
    return set as unknown as SeriesSet<Series>;
  }

  #registered(
    definition: MetricDefinition,
    type: MetricType,
    fresh: (() => SeriesSet<CounterSeries | HistogramSeries>) | undefined,
  ): Registered {
    const { name } = definition;
    const key = name.replaceAll(".", "_");
    const known = this.#metrics.get(key);
    if (known === undefined) {
      checkNames(definition);
      const set = fresh?.();
      const registered = {
        definition,
        type,
        reads: new Set<() => Observed>(),
        ...(set && { set }),
      };
      this.#metrics.set(key, registered);
      return registered;
    }
    const isSame = known.type === type && (known.set !== undefined) === (fresh !== undefined) &&
      shapeOf(known.definition) === shapeOf(definition);
    if (!isSame) throw new TypeError(`The metric "${name}" is registered already as another one`);
    return known;
  }
}

function checkNames({ name, labels = [] }: MetricDefinition): void {
  if (!NAME.test(name)) {
    throw new TypeError(`"${name}" cannot be the name of a metric: write for instance shop.orders`);
  }
  const wrong = labels.find((label) => !NAME.test(label) || label === "le");
  if (wrong === undefined) return;
  throw new TypeError(`"${wrong}" cannot be the name of a label of the metric "${name}"`);
}

/** What has to be the same where a metric is registered again. */
function shapeOf({ name, unit, labels, bounds }: Registered["definition"]): string {
  return JSON.stringify([name, unit ?? "", labels ?? [], bounds ?? []]);
}

function familyOf({ definition, type, set, reads }: Registered): MetricFamily {
  const { name, help, unit = "", labels = [], bounds, published } = definition;
  const recorded = set?.labelled().map(([each, series]) => readSeries(each, series)).toArray();
  const observed = [...reads].flatMap((read) => {
    try {
      const found = read();
      const all = typeof found === "number" ? [[[], found] as const] : [...found];
      return all.map(([values, value]) => ({ labels: labelled(labels, values), value }));
    } catch {
      return []; // what cannot be read now must not hide the others
    }
  });
  const histogram = bounds === undefined ? {} : { bounds, published };
  return { name, help, unit, type, ...histogram, series: [...recorded ?? [], ...observed] };
}
