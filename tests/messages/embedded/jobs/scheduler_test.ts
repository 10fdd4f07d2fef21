import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../../lib/base/errors.ts";
import { limits } from "../../../../lib/base/limits.ts";
import { turn } from "../../../../lib/base/turn.ts";
import { jobMethods } from "../../../../lib/messages/job/job_settings.ts";
import { Scheduler } from "../../../../lib/messages/embedded/jobs/scheduler.ts";
import { declaredSchedules } from "../../../../lib/messages/embedded/jobs/written_schedule.ts";
import { partsOf } from "../../../../lib/messages/embedded/parts.ts";
import { JobHandle } from "../../../../lib/messages/mod.ts";
import type { Context } from "../../../../lib/rpc/method/context.ts";
import type { JobSchedule } from "../../../../lib/rpc/method/job.ts";
import { method, type Methods } from "../../../../lib/rpc/method/method.ts";
import { openTestJobs } from "../../../support/jobs.ts";
import { inEachForm, openTestQueues, type TestQueues } from "../../../support/queues.ts";

const HOUR_MS = 3_600_000;

const report = (schedule?: JobSchedule | readonly JobSchedule[]) =>
  method({
    job: { schedule },
    handler: (_params: unknown, { scheduledAtMs }: Context) => scheduledAtMs,
  });

/** Jobs whose schedules are looked at when the test says so, and that nobody runs. */
async function openTestSchedules(methods: Methods, kept: TestQueues) {
  const jobs = await openTestJobs(methods, { beside: kept, isRunning: false });
  const parts = partsOf(jobs.kept.queues);
  const known = jobMethods(methods, undefined);
  const declared = await declaredSchedules(known.values(), "server", kept.clock.now());
  const told: string[] = [];
  const scheduler = new Scheduler({
    ...parts,
    methods: known,
    declared,
    tell: (line) => told.push(line),
  });
  return {
    ...jobs,
    told,
    runDue: () => scheduler.runDue(),
    /** The times of the jobs that were put, and forgets them. */
    async times() {
      const all = await jobs.own.list({ limit: limits.maxMessageBatch });
      const waiting = all.filter(({ status }) => status === "waiting");
      for (const { job } of waiting) await jobs.own.cancel(job);
      return waiting.map(({ scheduledAtMs }) =>
        new Date(scheduledAtMs!).toISOString().slice(11, 19)
      );
    },
  };
}

inEachForm("a method runs by itself at its times, and knows which time it is", async (form) => {
  await using test = await openTestJobs({ report: report("0 3 * * *") }, { form });
  const [schedule] = await untilDeclared(test.own);
  assertEquals([schedule?.name, schedule?.isDeclared, schedule?.cron], ["1", true, "0 3 * * *"]);
  assertEquals(schedule?.nextAtMs, Date.parse("2026-01-01T03:00:00Z"));
  test.clock.advance(3 * HOUR_MS);
  const { lastJob } = await untilRun(test.own);
  assertEquals(await new JobHandle(test.own, lastJob!).wait(), Date.parse("2026-01-01T03:00:00Z"));
  const { putBy, scheduledAtMs } = await test.own.show(lastJob!);
  assertEquals([putBy, scheduledAtMs], ["server", Date.parse("2026-01-01T03:00:00Z")]);
});

inEachForm("a time is run once, however many threads and processes look", async (form) => {
  await using kept = await openTestQueues({ form });
  const methods = { report: report(["0 * * * *", { everyMs: HOUR_MS, params: { n: 1 } }]) };
  await using first = await openTestSchedules(methods, kept);
  await using second = await openTestSchedules(methods, kept);
  await Promise.all([first.runDue(), second.runDue()]);
  assertEquals(await first.times(), []);
  for (let hour = 1; hour <= 3; hour++) {
    kept.clock.advance(HOUR_MS);
    await Promise.all([first.runDue(), second.runDue(), first.runDue(), second.runDue()]);
    assertEquals(await first.times(), Array(2).fill(`0${hour}:00:00`));
  }
});

inEachForm(
  "a server that was away makes up for what it missed, as the schedule says",
  async (form) => {
    for (
      const [missed, times] of [
        [undefined, ["04:00:00"]],
        ["once", ["04:00:00"]],
        ["skip", []],
        ["all", ["01:00:00", "02:00:00", "03:00:00", "04:00:00"]],
      ] as const
    ) {
      await using kept = await openTestQueues({ form });
      const methods = { report: report({ cron: "0 * * * *", missed }) };
      {
        await using before = await openTestSchedules(methods, kept);
        await before.runDue();
      }
      kept.clock.advance(4.5 * HOUR_MS);
      await using after = await openTestSchedules(methods, kept);
      await after.runDue();
      assertEquals(await after.times(), [...times]);
      kept.clock.advance(HOUR_MS / 2);
      await after.runDue();
      assertEquals(await after.times(), ["05:00:00"]);
    }
  },
);

Deno.test("a clock that is set forward by an hour makes no storm", async () => {
  await using kept = await openTestQueues();
  const schedules = Array.from({ length: 3 }, () => "* * * * *");
  await using test = await openTestSchedules({ report: report(schedules) }, kept);
  await test.runDue();
  kept.clock.step(HOUR_MS);
  await test.runDue();
  assertEquals(await test.times(), Array(3).fill("01:00:00"));
});

Deno.test(
  "a clock that is set back by an hour runs nothing twice, and intervals go on",
  async () => {
    await using kept = await openTestQueues();
    const methods = {
      report: report("*/10 * * * *"),
      sync: report({ everyMs: 10 * 60_000 }),
    };
    await using test = await openTestSchedules(methods, kept);
    await test.runDue();
    kept.clock.advance(HOUR_MS);
    await test.runDue();
    assertEquals(await test.times(), ["01:00:00", "01:00:00"]);
    kept.clock.step(-HOUR_MS);
    const ran: string[] = [];
    for (let minute = 0; minute < 70; minute++) {
      await test.runDue();
      ran.push(...await test.times());
      kept.clock.advance(60_000);
    }
    const seen = await test.own.list({ method: "report" });
    assertEquals(
      seen.map(({ scheduledAtMs }) => new Date(scheduledAtMs!).toISOString().slice(11, 16)),
      [
        "01:00",
      ],
    );
    assertEquals(ran, ["00:10:00", "00:20:00", "00:30:00", "00:40:00", "00:50:00", "01:00:00"]);
    kept.clock.advance(60_000);
    await test.runDue();
    assertEquals(await test.times(), ["01:10:00", "01:10:00"]);
  },
);

inEachForm("a run that waits for a worker stands for those that come meanwhile", async (form) => {
  await using kept = await openTestQueues({ form });
  const methods = {
    report: report({ everyMs: 60_000 }),
    all: report({ everyMs: 60_000, missed: "all" }),
  };
  await using test = await openTestSchedules(methods, kept);
  for (let minute = 0; minute < 5; minute++) {
    await test.runDue();
    kept.clock.advance(60_000);
  }
  const count = async (name: string) => (await test.own.list({ method: name })).length;
  assertEquals([await count("report"), await count("all")], [1, 4]);
});

inEachForm("a restart keeps the times of a schedule; a change of it begins anew", async (form) => {
  await using kept = await openTestQueues({ form });
  const nextOf = async (schedule: JobSchedule | readonly JobSchedule[] | undefined) => {
    await using test = await openTestSchedules({ report: report(schedule) }, kept);
    await test.runDue();
    return (await test.own.schedules()).map(({ nextAtMs }) => nextAtMs! - start);
  };
  const start = kept.clock.now();
  assertEquals(await nextOf({ everyMs: 10_000 }), [10_000]);
  kept.clock.advance(4_000);
  assertEquals(await nextOf({ everyMs: 10_000, params: { changed: true } }), [10_000]);
  assertEquals(await nextOf({ everyMs: 20_000 }), [24_000]);
  assertEquals(await nextOf([{ everyMs: 20_000 }, "@hourly"]), [24_000, HOUR_MS]);
  assertEquals(await nextOf(undefined), []);
});

inEachForm("a queue that is full lets a time pass, and says so", async (form) => {
  await using kept = await openTestQueues({ form });
  await using test = await openTestSchedules(
    { full: report("0 * * * *"), report: report("0 * * * *") },
    kept,
  );
  await test.runDue();
  await test.own.enqueue("full", {});
  await kept.store.transact((sql) =>
    sql.run(`UPDATE queues SET settings = '{"maxBytes":1}' WHERE name = 'job:full'`)
  );
  kept.clock.advance(HOUR_MS);
  await test.runDue();
  assertEquals(test.told.map((line) => line.replace(/\d+/, "N").slice(0, 54)), [
    'Schedule N of "full" put no job: Queue "job:full" is f',
  ]);
  assertEquals((await test.own.list({ method: "report" })).length, 1);
});

inEachForm("a schedule that cannot be used is refused when its method is defined", async (form) => {
  for (
    const [schedule, part] of [
      ["0 0 30 2 *", 'job "report" is wrong: The cron pattern "0 0 30 2 *" never comes'],
      [{ cron: "0 3 * * *", timeZone: "Mars" }, 'no time zone "Mars"'],
      [{ everyMs: 0 }, '"everyMs" must be a whole number'],
      [{ everyMs: 5_000, params: ["x".repeat(limits.maxScheduleParamsBytes - 3)] }, "take at most"],
      [
        Array(limits.maxSchedules + 1).fill("@daily"),
        `at most ${limits.maxSchedules} are possible`,
      ],
      [{ everyMs: 5_000, name: "mine" }, 'no "name"'],
    ] as const
  ) {
    const open = () => openTestJobs({ report: report(schedule as JobSchedule) }, { form });
    const error = await assertRejects(open, DariError, part);
    assertEquals(error.code, "invalid_params");
  }
  const fits = { everyMs: 5_000, params: ["x".repeat(limits.maxScheduleParamsBytes - 4)] };
  await using _ = await openTestJobs({ report: report(fits) }, { form });
});

inEachForm(
  "schedules that callers put are run, replaced by their name, listed and removed",
  async (form) => {
    const records: unknown[] = [];
    const audit = { record: (event: unknown) => Promise.resolve(void records.push(event)) };
    await using test = await openTestJobs({ report: report("@yearly") }, { form, audit });
    const put = (cron: string) => test.own.schedule("report", { name: "nightly", cron });
    const first = await put("0 3 * * *");
    const second = await put("0 4 * * *");
    assertEquals([second.schedule, second.nextAtMs], [
      first.schedule,
      Date.parse("2026-01-01T04:00:00Z"),
    ]);
    test.clock.advance(4 * HOUR_MS);
    const { lastJob } = await untilRun(test.own, first.schedule);
    assertEquals(await new JobHandle(test.own, lastJob!).wait(), second.nextAtMs);
    assertEquals(await test.jobs.as("bob", () => false).schedules(), []);
    await assertRejects(
      () => test.jobs.as("bob", () => false).schedule("report", { name: "x", everyMs: 5_000 }),
      DariError,
      "job:report.manage",
    );
    assertEquals((await test.own.unschedule(first.schedule)).name, "nightly");
    await assertRejects(() => test.own.unschedule(first.schedule), DariError, "no schedule");
    assertEquals((await put("0 5 * * *")).schedule, first.schedule + 1); // a number is given once
    const [declared] = await test.own.schedules();
    await assertRejects(() => test.own.unschedule(declared!.schedule), DariError, "declares");
    const data = { name: "nightly" };
    assertEquals(records, [
      { kind: "job.scheduled", by: "server", about: "report", data },
      { kind: "job.scheduled", by: "server", about: "report", data },
      { kind: "job.unscheduled", by: "server", about: "report", data },
      { kind: "job.scheduled", by: "server", about: "report", data },
    ]);
  },
);

inEachForm("a schedule with a wrong name is refused, and one too many in a store", async (form) => {
  await using test = await openTestJobs({ report: report() }, { form, isRunning: false });
  const put = (name: unknown) =>
    test.own.schedule("report", { name: name as string, everyMs: 5_000 });
  await put("n".repeat(limits.maxScheduleNameLength));
  for (const name of ["", "a b", "../x", "a\0", 7, "n".repeat(limits.maxScheduleNameLength + 1)]) {
    await assertRejects(() => put(name), DariError, "cannot be the name of a schedule");
  }
  await test.kept.store.transact((sql) => {
    for (let n = 1; n < limits.maxSchedules; n++) {
      sql.run(
        `INSERT INTO job_schedules (method, declared, name, put_by, timing, params, from_at)
         VALUES ('report', 0, ?, 'server', '{"everyMs":5000,"missed":"once"}', 'null', 0)`,
        `kept-${n}`,
      );
    }
  });
  const error = await assertRejects(() => put("more"), DariError, "schedules already");
  assertEquals(error.code, "resource_exhausted");
  await put("kept-1");
});

type Own = Awaited<ReturnType<typeof openTestJobs>>["own"];

/** The schedules, once the scheduler has written what the methods declare. */
async function untilDeclared(own: Own) {
  for (;;) {
    const schedules = await own.schedules();
    await turn();
    if (schedules.length > 0) return schedules;
  }
}

/** The schedule once it has put a job. */
async function untilRun(own: Own, number = 1) {
  for (;;) {
    await turn();
    const found = (await own.schedules()).find(({ schedule }) => schedule === number);
    if (found?.lastJob !== undefined) return found;
  }
}
