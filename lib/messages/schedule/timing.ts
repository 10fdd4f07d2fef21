/**
 * When a job comes again and again: what schedules say of it, checked.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { CronSchedule, IntervalSchedule } from "../../rpc/method/job.ts";
import { described } from "../queue/names.ts";
import { membersOf, whole } from "../queue/params.ts";
import type { CronTimes, NextTime } from "./cron_times.ts";

/** What becomes of times that came while no server ran. */
export type Missed = "skip" | "once" | "all";

/** The times of a schedule. */
export type Timing =
  | { readonly cron: string; readonly timeZone: string; readonly missed: Missed }
  | { readonly everyMs: number; readonly missed: Missed };

const MISSED: readonly unknown[] = ["skip", "once", "all"] satisfies Missed[];

/**
 * Checks what somebody said of a schedule.
 *
 * @param given Any value.
 * @param more Members that there may be beside those of a timing.
 * @param cronTimes Reads cron patterns.
 * @param nowMs The time, in milliseconds since the epoch: a pattern has to come after it.
 * @returns The timing.
 * @throws {DariError} `invalid_params`, naming what is wrong.
 */
export function checkTiming(
  given: unknown,
  more: readonly string[],
  cronTimes: CronTimes,
  nowMs: number,
): Timing {
  const known = ["cron", "timeZone", "everyMs", "missed", ...more];
  const said = typeof given === "string"
    ? { cron: given }
    : membersOf<Partial<CronSchedule & IntervalSchedule>>(given, known, "A schedule");
  const { cron, timeZone, everyMs, missed = "once" } = said;
  if (!MISSED.includes(missed)) {
    throw wrong(`"missed" must be "skip", "once" or "all"; got ${described(missed)}`);
  }
  if ((cron === undefined) === (everyMs === undefined)) {
    throw wrong('A schedule has either "cron" or "everyMs"');
  }
  if (cron === undefined) {
    whole("everyMs", everyMs, limits.minScheduleEveryMs, limits.maxScheduleEveryMs);
    if (timeZone !== undefined) throw wrong('"timeZone" belongs to "cron"; an interval has none');
    return { everyMs: everyMs!, missed };
  }
  const timing = { cron: checkCron(cron), timeZone: checkZone(timeZone ?? "UTC"), missed };
  if (nextTime(timing, cronTimes, nowMs)(nowMs) !== null) return timing;
  throw wrong(`The cron pattern ${described(cron)} never comes: there is no such date`);
}

/**
 * The times of a schedule.
 *
 * @param timing What it says.
 * @param cronTimes Reads cron patterns.
 * @param fromMs What an interval is counted from, in milliseconds since the epoch.
 * @throws {DariError} `invalid_params` for a pattern that is none.
 */
export function nextTime(timing: Timing, cronTimes: CronTimes, fromMs: number): NextTime {
  if ("cron" in timing) return cronTimes(timing.cron, timing.timeZone);
  const { everyMs } = timing;
  return (afterMs) => fromMs + (Math.floor((afterMs - fromMs) / everyMs) + 1) * everyMs;
}

function checkCron(cron: unknown): string {
  const fits = typeof cron === "string" && cron.length <= limits.maxCronLength &&
    /^(@[a-z]+|[\dA-Za-z*?,/#+-]+(\s+[\dA-Za-z*?,/#+-]+){4,5})$/.test(cron.trim());
  if (fits) return cron.trim();
  throw wrong(
    `${
      described(cron)
    } is no cron pattern: write minute, hour, day of the month, month and day of ` +
      'the week, for instance "30 7 * * MON-FRI"',
  );
}

function checkZone(timeZone: unknown): string {
  try {
    // An offset such as "+09:00" is taken by some engines alone, and knows no daylight saving time.
    if (typeof timeZone === "string" && /^[A-Za-z]/.test(timeZone)) {
      return new Intl.DateTimeFormat("en", { timeZone }).resolvedOptions().timeZone;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw wrong(`There is no time zone ${described(timeZone)}; write for instance "Asia/Seoul"`);
}

function wrong(message: string): DariError {
  return new DariError("invalid_params", message);
}
