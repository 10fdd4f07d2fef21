import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { limits } from "../../../lib/base/limits.ts";
import { loadCronTimes, noCronTimes } from "../../../lib/messages/schedule/cron_times.ts";
import { dueTimes } from "../../../lib/messages/schedule/due_times.ts";
import { type Missed, nextTime, type Timing } from "../../../lib/messages/schedule/timing.ts";

const cronTimes = await loadCronTimes();
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const at = (text: string) => Date.parse(text);
const shown = (times: readonly number[]) => times.map((time) => new Date(time).toISOString());

/** The times of a pattern after one moment up to another, as a server that never stops runs them. */
function timesOf(cron: string, timeZone: string, from: string, until: string): string[] {
  const next = nextTime({ cron, timeZone, missed: "once" }, cronTimes, 0);
  const times: number[] = [];
  for (let time = next(at(from)); time !== null && time <= at(until); time = next(time)) {
    times.push(time);
  }
  return shown(times).map((time) => time.slice(5, 16));
}

Deno.test("a cron pattern is read in its time zone", () => {
  const day = ["2026-11-26T00:00:00Z", "2026-11-27T00:00:00Z"] as const;
  assertEquals(timesOf("0 3 * * *", "UTC", ...day), ["11-26T03:00"]);
  assertEquals(timesOf("0 3 * * *", "Asia/Seoul", ...day), ["11-26T18:00"]);
});

Deno.test("a fixed time that the clocks leave out comes at the first moment after the gap", () => {
  const night = ["2026-03-28T20:00:00Z", "2026-03-29T20:00:00Z"] as const;
  const berlin = (cron: string) => timesOf(cron, "Europe/Berlin", ...night);
  assertEquals(berlin("30 2 * * *"), ["03-29T01:00"]);
  assertEquals(berlin("30 2,14 * * *"), ["03-29T01:00", "03-29T12:30"]);
  assertEquals(berlin("30 0-4 * * *").length, 5);
  // A pattern for every hour has no time that is left out.
  assertEquals(berlin("30 * * * *").length, 24);
});

Deno.test("a fixed time that comes twice when the clocks go back is one time", () => {
  const night = ["2026-10-24T20:00:00Z", "2026-10-25T20:00:00Z"] as const;
  const berlin = (cron: string) => timesOf(cron, "Europe/Berlin", ...night);
  assertEquals(berlin("30 2 * * *"), ["10-25T00:30"]);
  assertEquals(berlin("30 2,14 * * *"), ["10-25T00:30", "10-25T13:30"]);
  // Every half hour is every half hour.
  assertEquals(berlin("*/30 * * * *").length, 48);
});

Deno.test("missed times are skipped, made up for by one run, or each run, up to a bound", () => {
  const run = (missed: Missed, hours: number, lateMs: number) => {
    const timing: Timing = { cron: "0 * * * *", timeZone: "UTC", missed };
    const from = at("2026-11-26T00:00:00Z");
    return dueTimes(timing, cronTimes, from, from + hours * HOUR_MS + lateMs);
  };
  const { scheduleGraceMs, maxMissedRuns } = limits;
  assertEquals(shown(run("skip", 5, scheduleGraceMs).runs), ["2026-11-26T05:00:00.000Z"]);
  assertEquals(run("skip", 5, scheduleGraceMs + 1).runs, []);
  assertEquals(shown(run("once", 5, HOUR_MS - 1).runs), ["2026-11-26T05:00:00.000Z"]);
  assertEquals(run("all", 5, HOUR_MS - 1).runs.length, 5);
  const bounded = run("all", maxMissedRuns + 1, 0);
  assertEquals(bounded.runs.length, maxMissedRuns);
  assertEquals(shown(bounded.runs.slice(0, 1)), ["2026-11-26T02:00:00.000Z"]);
  for (const missed of ["skip", "once", "all"] as const) {
    const { fromMs, nextAtMs } = run(missed, 5, HOUR_MS - 1);
    assertEquals(shown([fromMs, nextAtMs!]), [
      "2026-11-26T05:00:00.000Z",
      "2026-11-26T06:00:00.000Z",
    ]);
  }
});

Deno.test("a year of missed seconds takes no longer than a minute of them", () => {
  let looks = 0;
  const counting: typeof cronTimes = () => (afterMs) => {
    looks++;
    return (Math.floor(afterMs / 1_000) + 1) * 1_000;
  };
  const timing: Timing = { cron: "* * * * * *", timeZone: "UTC", missed: "once" };
  dueTimes(timing, counting, 0, 366 * DAY_MS);
  assertEquals(looks < 60, true, `${looks} looks`);
});

Deno.test("an interval stays on its grid, however late its runs are looked at", () => {
  const timing: Timing = { everyMs: 10_000, missed: "all" };
  const first = dueTimes(timing, noCronTimes, 0, 9_999);
  assertEquals(first, { runs: [], fromMs: 0, nextAtMs: 10_000 });
  const late = dueTimes(timing, noCronTimes, 0, 34_999);
  assertEquals(late, { runs: [10_000, 20_000, 30_000], fromMs: 30_000, nextAtMs: 40_000 });
});

Deno.test("a clock that is set back runs no time twice, and lets an interval begin anew", () => {
  const timing: Timing = { cron: "*/5 * * * *", timeZone: "UTC", missed: "all" };
  const from = at("2026-11-26T05:00:00Z");
  for (const back of [1, HOUR_MS, limits.maxClockBackMs]) {
    assertEquals(dueTimes(timing, cronTimes, from, from - back), {
      runs: [],
      fromMs: from,
      nextAtMs: from + 300_000,
    });
  }
  const interval: Timing = { everyMs: 60_000, missed: "all" };
  assertEquals(dueTimes(interval, noCronTimes, from, from - HOUR_MS), {
    runs: [],
    fromMs: from - HOUR_MS,
    nextAtMs: from - HOUR_MS + 60_000,
  });
});

Deno.test("a clock that was years ahead leaves no schedule waiting for years", () => {
  const timing: Timing = { cron: "0 3 * * *", timeZone: "UTC", missed: "all" };
  const wrong = at("2036-01-01T00:00:00Z");
  const { maxClockBackMs } = limits;
  assertEquals(dueTimes(timing, cronTimes, wrong, wrong - maxClockBackMs - 1).fromMs < wrong, true);
  const right = dueTimes(timing, cronTimes, wrong, at("2026-11-26T05:00:00Z"));
  assertEquals([right.runs, shown([right.nextAtMs!])], [[], ["2026-11-27T03:00:00.000Z"]]);
});

Deno.test("whenever a server looks, each time of a pattern is run once", () => {
  const patterns = ["30 2 * * *", "*/20 * * * *", "15 1,2,3 * * *", "0 */6 * * SUN"];
  const zones = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"];
  // Both changes of the clocks of each zone.
  const starts = ["2026-03-07T00:00:00Z", "2026-03-28T00:00:00Z", "2026-10-02T00:00:00Z"];
  fc.assert(
    fc.property(
      fc.constantFrom(...patterns),
      fc.constantFrom(...zones),
      fc.constantFrom(...starts, "2026-10-24T00:00:00Z"),
      fc.array(fc.integer({ min: 1, max: 10 * HOUR_MS }), { minLength: 1, maxLength: 10 }),
      (cron, timeZone, start, pauses) => {
        const timing: Timing = { cron, timeZone, missed: "all" };
        let nowMs = at(start);
        let fromMs = nowMs;
        const ran: number[] = [];
        for (const pause of pauses) {
          const due = dueTimes(timing, cronTimes, fromMs, nowMs += pause);
          ran.push(...due.runs);
          fromMs = due.fromMs;
        }
        const all = timesOf(cron, timeZone, start, new Date(nowMs).toISOString());
        assertEquals(shown(ran).map((time) => time.slice(5, 16)), all);
      },
    ),
    { numRuns: 20 },
  );
});
