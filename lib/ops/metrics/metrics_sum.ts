/**
 * The metrics of several threads as one set.
 *
 * @module
 */

import type { MetricFamily, MetricSeries, MetricsSource } from "./family.ts";

/**
 * Adds up what several sources have counted. A source that ends keeps what it has counted, since a
 * counter never goes back; its gauges end with it.
 *
 * @example
 * ```ts
 * import { MetricsSum } from "./metrics_sum.ts";
 * import { MetricsRegistry } from "./registry.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const [own, other] = [new MetricsRegistry(), new MetricsRegistry()];
 * const orders = { name: "shop.orders", help: "Orders that were placed." };
 * own.counter(orders).of().add(1);
 * other.counter(orders).of().add(2);
 * const sum = new MetricsSum(own);
 * sum.take(1, other.collect());
 * assertEquals(sum.collect()[0]?.series[0]?.value, 3);
 * ```
 */
export class MetricsSum implements MetricsSource {
  readonly #own: MetricsSource;
  /** What each thread said last. */
  readonly #latest = new Map<number, readonly MetricFamily[]>();
  /** What threads counted that have ended. */
  #ended: readonly MetricFamily[] = [];

  /** @param own What this thread counts. */
  constructor(own: MetricsSource) {
    this.#own = own;
  }

  /**
   * Takes what a thread has counted since it began.
   *
   * @param thread Its number.
   * @param families All its metrics, which stay as they are.
   */
  take(thread: number, families: readonly MetricFamily[]): void {
    this.#latest.set(thread, families);
  }

  /**
   * Keeps what a thread has counted that has ended. Another one may begin under its number.
   *
   * @param thread Its number.
   */
  end(thread: number): void {
    const counted = (this.#latest.get(thread) ?? []).filter(({ type }) => type !== "gauge");
    this.#ended = add([this.#ended, counted]);
    this.#latest.delete(thread);
  }

  /** @returns The metrics of all threads. */
  collect(): MetricFamily[] {
    return add([this.#own.collect(), this.#ended, ...this.#latest.values()]);
  }
}

function add(all: readonly (readonly MetricFamily[])[]): MetricFamily[] {
  const sums = new Map<string, { family: MetricFamily; series: Map<string, MetricSeries> }>();
  for (const family of all.flat()) {
    const sum = sums.get(family.name) ?? { family, series: new Map() };
    sums.set(family.name, sum);
    for (const one of family.series) {
      const key = JSON.stringify(one.labels);
      const before = sum.series.get(key);
      sum.series.set(key, before === undefined ? one : together(before, one));
    }
  }
  return sums.values()
    .map(({ family, series }) => ({ ...family, series: [...series.values()] })).toArray();
}

function together(a: MetricSeries, b: MetricSeries): MetricSeries {
  const { labels } = a;
  const value = a.value + b.value;
  if (a.counts === undefined || b.counts === undefined) return { labels, value };
  const counts = a.counts.map((count, bucket) => count + (b.counts?.[bucket] ?? 0));
  return { labels, value, counts, sum: (a.sum ?? 0) + (b.sum ?? 0) };
}
