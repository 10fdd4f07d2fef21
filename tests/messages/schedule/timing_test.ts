import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { loadCronTimes } from "../../../lib/messages/schedule/cron_times.ts";
import { checkTiming } from "../../../lib/messages/schedule/timing.ts";

const cronTimes = await loadCronTimes();
const NOW = Date.parse("2026-11-26T12:00:00Z");
const check = (given: unknown) => checkTiming(given, ["params"], cronTimes, NOW);

Deno.test("checkTiming() takes patterns, their time zones, and intervals", () => {
  assertEquals(check("0 3 * * *"), { cron: "0 3 * * *", timeZone: "UTC", missed: "once" });
  assertEquals(check({ cron: " 30 0 7 * * MON-FRI ", timeZone: "Asia/Seoul", missed: "all" }), {
    cron: "30 0 7 * * MON-FRI",
    timeZone: "Asia/Seoul",
    missed: "all",
  });
  const { minScheduleEveryMs, maxScheduleEveryMs, maxCronLength } = limits;
  for (const everyMs of [minScheduleEveryMs, maxScheduleEveryMs]) {
    assertEquals(check({ everyMs, params: 1 }), { everyMs, missed: "once" });
  }
  const long = `${"1,".repeat(200)}1`.slice(0, maxCronLength - 8).replace(/,$/, "1");
  check(`${long} * * * *`);
});

Deno.test("checkTiming() names what cannot be a schedule", () => {
  const { minScheduleEveryMs, maxScheduleEveryMs, maxCronLength } = limits;
  const cases: readonly (readonly [given: unknown, part: string])[] = [
    ["", "no cron pattern"],
    ["0 3 * *", "no cron pattern"],
    ["* * * * * * *", "no cron pattern"],
    ["2026-12-24T18:00:00", "no cron pattern"],
    ["0 3 * * *\0", "no cron pattern"],
    [`${"1,".repeat(maxCronLength / 2 - 4)}1 * * * *`, "no cron pattern"],
    ["x".repeat(1_000_000), "(1000000 characters)"],
    ["60 * * * *", "Invalid value for minute: 60"],
    ["*/0 * * * *", "illegal stepping: 0"],
    ["@reboot", "@reboot is not supported"],
    ["0 0 30 2 *", "never comes"],
    ["0 0 31 2,4,6,9,11 *", "never comes"],
    [{ cron: "0 3 * * *", timeZone: "Nowhere/Town" }, 'no time zone "Nowhere/Town"'],
    [{ cron: "0 3 * * *", timeZone: "" }, 'no time zone ""'],
    [{ cron: "0 3 * * *", timeZone: "+09:00" }, 'no time zone "+09:00"'],
    [{ cron: "0 3 * * *", timeZone: 9 }, "no time zone 9"],
    [{ cron: "0 3 * * *", everyMs: 5_000 }, 'either "cron" or "everyMs"'],
    [{ cron: "0 3 * * *", zone: "UTC" }, 'no "zone"'],
    [{ cron: "0 3 * * *", missed: "some" }, '"missed" must be'],
    [{ cron: 7 }, "no cron pattern"],
    [{ everyMs: 5_000, timeZone: "UTC" }, "an interval has none"],
    ...[
      0,
      -1,
      NaN,
      1e308,
      Infinity,
      1.5e3 + 0.5,
      "5s",
      minScheduleEveryMs - 1,
      maxScheduleEveryMs + 1,
    ]
      .map((everyMs) => [{ everyMs }, '"everyMs" must be a whole number'] as const),
    [{}, 'either "cron" or "everyMs"'],
    [null, "described by an object"],
    [[], "described by an object"],
    [7, "described by an object"],
  ];
  for (const [given, part] of cases) {
    const error = assertThrows(() => check(given), DariError, part);
    assertEquals(error.code, "invalid_params");
  }
});
