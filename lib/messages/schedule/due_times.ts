/**
 * Which times of a schedule have come, and which of them are run.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { CronTimes, NextTime } from "./cron_times.ts";
import { type Missed, nextTime, type Timing } from "./timing.ts";

/** What a schedule comes to at a moment. */
export interface DueTimes {
  /** The times to run, the earliest first, in milliseconds since the epoch. */
  readonly runs: readonly number[];
  /** All times up to this one are dealt with. */
  readonly fromMs: number;
  /** The first time that is still to come; `null` where there is none. */
  readonly nextAtMs: number | null;
}

/**
 * Deals with the times of a schedule up to now.
 *
 * Where the clock was set back, times that came already are not run again, and an interval begins
 * anew. A clock that was more than three hours ahead was wrong, and its times count for nothing.
 *
 * @param timing What the schedule says.
 * @param cronTimes Reads cron patterns.
 * @param fromMs All times up to this one were dealt with before.
 * @param nowMs Wall time.
 */
export function dueTimes(
  timing: Timing,
  cronTimes: CronTimes,
  fromMs: number,
  nowMs: number,
): DueTimes {
  const isInterval = "everyMs" in timing;
  if (fromMs > nowMs + limits.maxClockBackMs || (isInterval && fromMs > nowMs)) {
    return { runs: [], fromMs: nowMs, nextAtMs: nextTime(timing, cronTimes, nowMs)(nowMs) };
  }
  const next = nextTime(timing, cronTimes, fromMs);
  const latest = latestTime(next, fromMs, nowMs);
  if (latest === undefined) return { runs: [], fromMs, nextAtMs: next(fromMs) };
  const runs = runsOf(timing.missed, next, { fromMs, latest, nowMs });
  return { runs, fromMs: latest, nextAtMs: next(latest) };
}

/** The times that are run, of those after one moment up to the latest. */
function runsOf(
  missed: Missed,
  next: NextTime,
  { fromMs, latest, nowMs }: {
    readonly fromMs: number;
    readonly latest: number;
    readonly nowMs: number;
  },
): number[] {
  if (missed === "once") return [latest];
  if (missed === "skip") return nowMs - latest <= limits.scheduleGraceMs ? [latest] : [];
  const runs = [latest];
  // The one before is rarely further away than twice the pause behind.
  let nearMs = 2 * ((next(latest) ?? nowMs) - latest);
  while (runs.length < limits.maxMissedRuns) {
    const first = runs[0]!;
    const before = latestTime(next, Math.max(fromMs, first - nearMs), first - 1) ??
      latestTime(next, fromMs, first - 1);
    if (before === undefined) break;
    nearMs = 2 * (first - before);
    runs.unshift(before);
  }
  return runs;
}

/** The last time after one moment up to another, found by halving: a year takes some forty steps. */
function latestTime(next: NextTime, fromMs: number, untilMs: number): number | undefined {
  const first = next(fromMs);
  if (first === null || first > untilMs) return undefined;
  let found = first;
  let end = untilMs;
  for (;;) {
    const middle = found + Math.floor((end - found) / 2);
    const later = next(middle);
    if (later !== null && later <= untilMs) found = later;
    else if (middle > found) end = middle;
    else return found;
  }
}
