/**
 * What happened between two answers of `rpc.metrics`.
 *
 * @module
 */

import { CALL_DURATION } from "./call_metrics.ts";
import type { MetricFamily, MetricSeries } from "./family.ts";
import type { MetricsReport } from "./metrics_method.ts";
import { EVENT_LOOP_DELAY } from "./process_metrics.ts";

/** What one method did. */
export interface MethodRates {
  /** Its name. */
  readonly method: string;
  /** Calls a second. */
  readonly perSecond: number;
  /** How long half, nine in ten and 99 in 100 of them took at most, in milliseconds. */
  readonly p50Ms: number | null;
  readonly p90Ms: number | null;
  readonly p99Ms: number | null;
  /** Calls a second that failed, by the code of the error. */
  readonly errors: Readonly<Record<string, number>>;
}

/** What a server did and how it stands. */
export interface Rates {
  /** When the later answer was given, in milliseconds since the epoch. */
  readonly atMs: number;
  /** When the server began, in milliseconds since the epoch. */
  readonly startedAtMs: number;
  readonly version: string;
  /** Threads that serve the ports beside the main one. */
  readonly threads: number;
  /** A second: calls, those that failed, bytes. */
  readonly callsPerSecond: number;
  readonly errorsPerSecond: number;
  readonly bytesInPerSecond: number;
  readonly bytesOutPerSecond: number;
  /** How long half, nine in ten and 99 in 100 calls took at most, in milliseconds. */
  readonly p50Ms: number | null;
  readonly p90Ms: number | null;
  readonly p99Ms: number | null;
  /** Calls a second that failed, by the code of the error. */
  readonly errors: Readonly<Record<string, number>>;
  /** Handlers at work, and calls that wait for a slot. */
  readonly active: number;
  readonly waiting: number;
  /** Connections by transport. */
  readonly connections: Readonly<Record<string, number>>;
  /** A second: sign-ins that succeeded and that failed. */
  readonly signInsPerSecond: number;
  readonly failedSignInsPerSecond: number;
  /** The pool of workers; `null` where there is none. */
  readonly pool:
    | { readonly workers: number; readonly running: number; readonly waiting: number }
    | null;
  /** 99 in 100 were at most so long, in milliseconds; `null` where there were none. */
  readonly eventLoopP99Ms: number | null;
  readonly queueP99Ms: number | null;
  readonly storeP99Ms: number | null;
  /** Cores in use, and memory in bytes. */
  readonly cores: number;
  readonly residentBytes: number;
  /** The methods, those with the most calls first. */
  readonly methods: readonly MethodRates[];
}

/**
 * Compares two answers.
 *
 * @param before The earlier one.
 * @param after The later one, of the same server.
 */
export function ratesOf(before: MetricsReport, after: MetricsReport): Rates {
  const growth = new Growth(before, after);
  const now = (name: string) => seriesOf(after, name);
  const [calls, signIns] = [growth.of(CALL_DURATION), growth.of("dari.server.sign_ins")];
  const io = growth.of("dari.server.io");
  const bytes = (way: string) => growth.rate(io.filter(({ labels }) => labels.direction === way));
  const [pool] = now("dari.pool.workers");
  return {
    atMs: after.atMs,
    startedAtMs: total(now("process.start_time")) * 1_000,
    version: now("dari.info")[0]?.labels.version ?? "",
    threads: total(now("dari.threads")),
    callsPerSecond: growth.rate(calls),
    errorsPerSecond: growth.rate(calls.filter(hasFailed)),
    bytesInPerSecond: bytes("in"),
    bytesOutPerSecond: bytes("out"),
    ...growth.quantilesMs(calls),
    errors: growth.errors(calls),
    active: total(now("dari.server.calls.active")),
    waiting: total(now("dari.server.calls.waiting")),
    connections: Object.fromEntries(
      now("dari.server.connections").map(({ labels, value }) => [labels.transport ?? "", value]),
    ),
    signInsPerSecond: growth.rate(signIns.filter((one) => !hasFailed(one))),
    failedSignInsPerSecond: growth.rate(signIns.filter(hasFailed)),
    pool: pool === undefined ? null : {
      workers: pool.value,
      running: total(now("dari.pool.running")),
      waiting: total(now("dari.pool.queue.length")),
    },
    eventLoopP99Ms: growth.quantileMs(EVENT_LOOP_DELAY, .99),
    queueP99Ms: growth.quantileMs("dari.server.queue.delay", .99),
    storeP99Ms: growth.quantileMs("dari.store.duration", .99),
    cores: growth.rate(growth.of("process.cpu")),
    residentBytes: total(now("process.resident_memory")),
    methods: methodsOf(growth, calls),
  };
}

function methodsOf(growth: Growth, calls: readonly MetricSeries[]): MethodRates[] {
  const byMethod = Map.groupBy(calls, ({ labels }) => labels["rpc.method"] ?? "");
  return byMethod.entries().map(([method, series]) => ({
    method,
    perSecond: growth.rate(series),
    ...growth.quantilesMs(series),
    errors: growth.errors(series),
  })).filter(({ perSecond }) => perSecond > 0).toArray()
    .sort((a, b) => b.perSecond - a.perSecond || (a.method < b.method ? -1 : 1));
}

/** What grew between two answers. */
class Growth {
  readonly #before: MetricsReport;
  readonly #after: MetricsReport;
  readonly #seconds: number;

  constructor(before: MetricsReport, after: MetricsReport) {
    this.#before = before;
    this.#after = after;
    this.#seconds = Math.max(.001, (after.atMs - before.atMs) / 1_000);
  }

  /** Each series with what it has grown by. A server that began again begins at 0. */
  of(name: string): MetricSeries[] {
    const earlier = new Map(
      seriesOf(this.#before, name).map((one) => [JSON.stringify(one.labels), one]),
    );
    return seriesOf(this.#after, name).map((one) => {
      const then = earlier.get(JSON.stringify(one.labels));
      if (then === undefined || then.value > one.value) return one;
      const counts = one.counts?.map((count, bucket) => count - (then.counts?.[bucket] ?? 0));
      return { labels: one.labels, value: one.value - then.value, counts };
    });
  }

  rate(grown: readonly MetricSeries[]): number {
    return total(grown) / this.#seconds;
  }

  /** What failed a second, by the code of the error. */
  errors(grown: readonly MetricSeries[]): Record<string, number> {
    const failed = grown.filter((one) => hasFailed(one) && one.value > 0);
    const byCode = Map.groupBy(failed, ({ labels }) => labels["error.type"]!);
    return Object.fromEntries(byCode.entries().map(([code, all]) => [code, this.rate(all)]));
  }

  /** The quantiles of durations of calls. */
  quantilesMs(calls: readonly MetricSeries[]): Pick<MethodRates, "p50Ms" | "p90Ms" | "p99Ms"> {
    const of = (share: number) => this.quantileMs(CALL_DURATION, share, calls);
    return { p50Ms: of(.5), p90Ms: of(.9), p99Ms: of(.99) };
  }

  /** A quantile of a histogram in seconds, within its bucket by straight line. */
  quantileMs(
    name: string,
    share: number,
    grown: readonly MetricSeries[] = this.of(name),
  ): number | null {
    const { bounds = [] } = familyOf(this.#after, name) ?? {};
    let left = share * total(grown);
    if (left === 0) return null;
    for (let bucket = 0; bucket < bounds.length; bucket++) {
      const count = grown.reduce((sum, { counts }) => sum + (counts?.[bucket] ?? 0), 0);
      const [from, to] = [bounds[bucket - 1] ?? 0, bounds[bucket]!];
      if (count >= left) return 1_000 * (from + (to - from) * left / count);
      left -= count;
    }
    return 1_000 * (bounds.at(-1) ?? 0); // it is longer than the last bound
  }
}

function hasFailed({ labels }: MetricSeries): boolean {
  return labels["error.type"] !== undefined;
}

function total(series: readonly MetricSeries[]): number {
  return series.reduce((sum, { value }) => sum + value, 0);
}

function familyOf({ metrics }: MetricsReport, name: string): MetricFamily | undefined {
  return metrics.find((family) => family.name === name);
}

function seriesOf(report: MetricsReport, name: string): readonly MetricSeries[] {
  return familyOf(report, name)?.series ?? [];
}
