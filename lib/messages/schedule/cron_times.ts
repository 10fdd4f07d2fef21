/**
 * The times of cron patterns, as npm's croner finds them.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";

/** Gives the first time of a schedule after a moment; `null` where there is none. */
export type NextTime = (afterMs: number) => number | null;

/** Gives the times of a pattern in a time zone. */
export type CronTimes = (cron: string, timeZone: string) => NextTime;

/**
 * Loads what reads cron patterns. A pattern is read anew for each use: one that is kept holds 80 KB.
 *
 * @returns It.
 */
export async function loadCronTimes(): Promise<CronTimes> {
  const { Cron } = await import("croner");
  return (cron, timeZone) => {
    try {
      // Lists of hours, such as "0 2,14 * * *", name fixed times too when the clocks change.
      const pattern = new Cron(cron, {
        timezone: timeZone,
        fixedTimeRule: "no-wildcard",
        paused: true,
      });
      return (afterMs) => pattern.nextRun(new Date(afterMs))?.getTime() ?? null;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const reason = error.message.replace(/^CronPattern: /, "");
      throw new DariError("invalid_params", `The cron pattern "${cron}" is wrong: ${reason}`);
    }
  };
}

/** For schedules that are intervals alone, where nothing has to be loaded. */
export const noCronTimes: CronTimes = (cron) => {
  throw new DariError("internal", `Nothing was loaded that reads the cron pattern "${cron}"`);
};
