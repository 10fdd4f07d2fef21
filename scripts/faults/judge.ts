/**
 * What a round shows.
 *
 * @module
 */

import { percentile99 } from "../bench/statistics.ts";
import type { Effects } from "./effects.ts";
import { isPut, type LoadRecord } from "./load.ts";

/** When the fault began and ended, in milliseconds since 1970. */
export interface FaultTimes {
  readonly faultAt: number;
  readonly healedAt: number;
}

/** The figures of one round. */
export interface Verdict {
  readonly calls: number;
  /** Calls that may run twice, and failed. */
  readonly lost: number;
  /** Calls that must not run twice, and failed. */
  readonly failed: number;
  /** Calls that must not run twice, and did. */
  readonly ranTwice: number;
  /** Calls that were answered, and did not run. */
  readonly untrue: number;
  /** From the fault until the last call that may run twice and failed or took long, while it lasted. */
  readonly recoveryMs: number;
  /** Tries behind first ones, as a share of the calls. */
  readonly retries: number;
  /** Of the calls that were answered before the fault, and from it on. */
  readonly p99BeforeMs: number;
  readonly p99Ms: number;
  /** Why calls failed, the most frequent reason first. */
  readonly reasons: readonly string[];
}

/** A call that takes longer than this, and than five times what is usual, waited for the fault. */
const LONG_MS = 250;
const LONG_FACTOR = 5;

/**
 * Judges a round.
 *
 * @param record What became of the calls.
 * @param effects What ran.
 * @param times When the fault was.
 */
export function judge(record: LoadRecord, effects: Effects, times: FaultTimes): Verdict {
  const { begunAt, rate, tookMs } = record;
  const failures = new Map(record.failed);
  const dueAt = (n: number) => begunAt + n * 1_000 / rate;
  const before: number[] = [], since: number[] = [];
  for (const [n, took] of tookMs.entries()) {
    if (!failures.has(n)) (dueAt(n) < times.faultAt ? before : since).push(took);
  }
  const p99BeforeMs = percentile99(before);
  const longMs = Math.max(LONG_MS, LONG_FACTOR * p99BeforeMs);
  let recoveryMs = 0, untrue = 0, ranTwice = 0;
  for (const [n, took] of tookMs.entries()) {
    const runs = effects.runs.get(n) ?? 0;
    if (runs > 1 && !isPut(n)) ranTwice++;
    if (runs === 0 && !failures.has(n)) untrue++;
    const due = dueAt(n);
    if (!isPut(n) || due < times.faultAt || due >= times.healedAt) continue;
    if (took > longMs || failures.has(n)) {
      recoveryMs = Math.max(recoveryMs, due + took - times.faultAt);
    }
  }
  const lost = record.failed.filter(([n]) => isPut(n)).length;
  return {
    calls: tookMs.length,
    lost,
    failed: failures.size - lost,
    ranTwice,
    untrue,
    recoveryMs,
    retries: (record.retries ?? effects.retried) / tookMs.length,
    p99BeforeMs,
    p99Ms: percentile99(since),
    reasons: reasonsOf(record),
  };
}

function reasonsOf({ failed }: LoadRecord): string[] {
  const counts = new Map<string, number>();
  for (const [n, why] of failed) {
    const reason = `${isPut(n) ? "put" : "add"}: ${why}`;
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a).map(([why, count]) => `${count} × ${why}`);
}
