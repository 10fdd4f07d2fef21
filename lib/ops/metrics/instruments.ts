/**
 * What values are recorded with. A record is an addition or two; everything else is done by those who
 * read.
 *
 * @module
 */

import type { MetricSeries } from "./family.ts";

/** The value of every label of a series that stands for all those for which there is no room. */
const OTHER = "_OTHER";

/** A number of one series that only grows. */
export class CounterSeries {
  /** What was counted so far. */
  value = 0;

  /**
   * Counts.
   *
   * @param count How many more.
   */
  add(count = 1): void {
    this.value += count;
  }
}

/** A number of one series that rises and falls. */
export class GaugeSeries extends CounterSeries {
  /**
   * Sets it.
   *
   * @param value The number from now on.
   */
  set(value: number): void {
    this.value = value;
  }
}

/** How often values of one series fell between bounds. */
export class HistogramSeries {
  /** How often, by bucket; the last one has no upper bound. */
  readonly counts: Float64Array;
  /** The sum of all values. */
  sum = 0;
  readonly #bounds: readonly number[];

  /** @param bounds The upper bounds of the buckets, which belong to them. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  /**
   * Records a value.
   *
   * @param value The value; it is no number below 0.
   */
  record(value: number): void {
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    this.counts[bucket]! += 1;
    this.sum += value;
  }
}

/** The series of one metric by the values of its labels. */
export class SeriesSet<Series> {
  readonly #names: readonly string[];
  readonly #make: () => Series;
  readonly #maxSeries: number;
  readonly #byKey = new Map<string, { readonly values: readonly string[]; readonly of: Series }>();

  /**
   * @param names The names of the labels.
   * @param make Makes a series.
   * @param maxSeries How many there may be; further ones share one whose labels are `_OTHER`.
   */
  constructor(names: readonly string[], make: () => Series, maxSeries: number) {
    this.#names = names;
    this.#make = make;
    this.#maxSeries = maxSeries;
    if (names.length === 0) this.of(); // without labels there is one value, 0 at first
  }

  /**
   * The series of some labels. Keep it where you record often.
   *
   * @param values The values in the order of the names; empty for a label that does not apply.
   */
  of(...values: readonly string[]): Series {
    const key = values.length === 1 ? values[0]! : JSON.stringify(values);
    return this.#byKey.get(key)?.of ?? this.#add(key, values);
  }

  /** @returns Each series with its labels. */
  *labelled(): Generator<[labels: Record<string, string>, series: Series]> {
    for (const { values, of } of this.#byKey.values()) {
      yield [labelled(this.#names, values), of];
    }
  }

  #add(key: string, values: readonly string[]): Series {
    if (values.length !== this.#names.length) {
      throw new TypeError(`${values.length} labels came for ${this.#names.length} names`);
    }
    if (this.#byKey.size >= this.#maxSeries && values.some((value) => value !== OTHER)) {
      return this.of(...values.map(() => OTHER));
    }
    const series = this.#make();
    this.#byKey.set(key, { values, of: series });
    return series;
  }
}

/**
 * Puts names and values of labels together.
 *
 * @param names The names.
 * @param values The values; an empty one is left out.
 */
export function labelled(
  names: readonly string[],
  values: readonly string[],
): Record<string, string> {
  const pairs = names.map((name, at): [string, string] => [name, values[at] ?? ""]);
  return Object.fromEntries(pairs.filter(([, value]) => value !== ""));
}

/**
 * Reads a series.
 *
 * @param labels Its labels.
 * @param series The series.
 */
export function readSeries(
  labels: Record<string, string>,
  series: CounterSeries | HistogramSeries,
): MetricSeries {
  if (!(series instanceof HistogramSeries)) return { labels, value: series.value };
  const counts = [...series.counts];
  return { labels, value: counts.reduce((sum, count) => sum + count), counts, sum: series.sum };
}
