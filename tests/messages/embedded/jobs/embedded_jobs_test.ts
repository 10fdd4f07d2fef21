import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../../lib/base/errors.ts";
import { limits } from "../../../../lib/base/limits.ts";
import { JobHandle, UnrecoverableError } from "../../../../lib/messages/mod.ts";
import type { Context } from "../../../../lib/rpc/method/context.ts";
import { method } from "../../../../lib/rpc/method/method.ts";
import { openTestJobs } from "../../../support/jobs.ts";
import { inEachForm, openTestQueues } from "../../../support/queues.ts";

inEachForm("a job runs, and its result is kept for a day", async (form) => {
  const add = method({ job: {}, handler: ({ a, b }: { a: number; b: Date }) => [a, b] });
  await using test = await openTestJobs({ add }, { form });
  const { job } = await test.own.enqueue("add", { a: 1, b: new Date(0) });
  assertEquals(await new JobHandle(test.own, job).wait(), [1, new Date(0)]);
  const state = await test.own.show(job);
  assertEquals([state.status, state.tries, state.putBy], ["done", 1, "server"]);
  assertEquals(state.endedAtMs, test.clock.now());
  test.clock.advance(limits.jobKeepMs + 1);
  await test.own.enqueue("add", { a: 1, b: new Date(0) });
  const gone = await assertRejects(() => test.own.show(job), DariError);
  assertEquals(gone.code, "not_found");
});

inEachForm("a job that fails is tried again, and its steps are not done again", async (form) => {
  const done: string[] = [];
  const charge = method({
    job: { retries: 1, backoffMs: 0 },
    async handler(_: unknown, context: Context) {
      const at = await context.step("charge", () => {
        done.push("charge");
        return new Date(7);
      });
      await context.progress({ charged: at });
      await context.step("mail", () => {
        done.push("mail");
        if (done.length === 2) throw new Error("the mail server is away");
      });
      return at;
    },
  });
  await using test = await openTestJobs({ charge }, { form });
  const { job } = await test.own.enqueue("charge", {});
  assertEquals(await new JobHandle(test.own, job).wait(), new Date(7));
  assertEquals(done, ["charge", "mail", "mail"]);
  const { tries, progress } = await test.own.show(job);
  assertEquals([tries, progress], [2, { charged: new Date(7) }]);
  assertEquals(test.told, [
    `Job ${job} of "charge" failed at try 1: Error: the mail server is away`,
  ]);
});

inEachForm(
  "a job that fails for good says why to its owner, and can be tried again",
  async (form) => {
    let isBroken = true;
    const send = method({
      job: { retries: 0 },
      handler({ to }: { to: string }) {
        if (to === "") throw new UnrecoverableError("nobody to send to");
        if (isBroken) throw new Error("password of the mail server: hunter2");
        return "sent";
      },
    });
    await using test = await openTestJobs({ send }, { form });
    const secret = await test.own.enqueue("send", { to: "alice" });
    const handle = new JobHandle(test.own, secret.job);
    const error = await assertRejects(() => handle.wait(), DariError, "failed: Internal error");
    assertEquals(error.code, "internal");
    isBroken = false;
    assertEquals((await handle.retry()).status === "failed", false);
    assertEquals(await handle.wait(), "sent");
    await assertRejects(() => handle.retry(), DariError, "only one that has failed");
    const dead = new JobHandle(test.own, (await test.own.enqueue("send", { to: "" })).job);
    const reason = await assertRejects(() => dead.wait(), DariError, "nobody to send to");
    assertEquals(reason.code, "failed_precondition");
  },
);

inEachForm(
  "a handler that never ends is given up, its signal aborts, and others are served",
  async (form) => {
    const seen: unknown[] = [];
    const hang = method({
      job: { retries: 0, timeoutMs: 5 },
      handler({ hangs }: { hangs: boolean }, { signal, deadline }: Context) {
        if (!hangs) return "next";
        signal.addEventListener("abort", () => seen.push((signal.reason as DariError).code));
        seen.push(deadline - test.clock.now());
        return new Promise<string>(() => {});
      },
    });
    const test = await openTestJobs({ hang }, { form });
    await using _ = test;
    const first = new JobHandle(test.own, (await test.own.enqueue("hang", { hangs: true })).job);
    const second = new JobHandle(test.own, (await test.own.enqueue("hang", { hangs: false })).job);
    const error = await assertRejects(() => first.wait(), DariError, "longer than 5 ms");
    assertEquals(error.code, "deadline_exceeded");
    assertEquals(await second.wait(), "next");
    assertEquals(seen, [5, "deadline_exceeded"]);
  },
);

inEachForm("a job that is cancelled ends, whether it waits or runs", async (form) => {
  const began = Promise.withResolvers<void>();
  const told = Promise.withResolvers<unknown>();
  const hang = method({
    job: {},
    handler(_: unknown, { signal }: Context) {
      signal.addEventListener("abort", () => told.resolve(signal.reason));
      began.resolve();
      return new Promise<void>(() => {});
    },
  });
  await using test = await openTestJobs({ hang }, { form });
  const running = new JobHandle(test.own, (await test.own.enqueue("hang", {})).job);
  const later = await test.own.enqueue("hang", {}, { delayMs: 60_000 });
  assertEquals((await test.own.show(later.job)).status, "delayed");
  assertEquals((await test.own.cancel(later.job)).status, "cancelled");
  await began.promise;
  assertEquals((await running.state()).status, "running");
  const ended = assertRejects(() => running.wait(), DariError, "was cancelled");
  await running.cancel();
  assertEquals((await ended).code, "cancelled");
  assertEquals((await told.promise as DariError).code, "cancelled");
  await assertRejects(() => running.cancel(), DariError, "is cancelled already");
});

inEachForm("what is done to jobs of others is recorded before it is done", async (form) => {
  const records: unknown[] = [];
  const audit = { record: (event: unknown) => Promise.resolve(void records.push(event)) };
  const add = method({ job: {}, handler: () => 1 });
  await using test = await openTestJobs({ add }, { form, isRunning: false, audit });
  const alice = test.jobs.as("alice", () => false);
  const [first, second] = [await alice.enqueue("add", {}), await alice.enqueue("add", {})];
  await alice.cancel(first.job);
  assertEquals(records, []);
  await test.jobs.as("root", () => true).cancel(second.job);
  assertEquals(records, [{
    kind: "job.cancelled",
    by: "root",
    about: String(second.job),
    data: { method: "add", putBy: "alice" },
  }]);
});

inEachForm("jobs of one key run in their order, one at a time", async (form) => {
  const ran: number[] = [];
  let atOnce = 0;
  const ship = method({
    job: { key: ({ customer }: { customer: string }) => customer, concurrency: 4 },
    async handler({ n }: { customer: string; n: number }) {
      assertEquals(++atOnce, 1);
      await Promise.resolve();
      ran.push(n);
      atOnce--;
    },
  });
  await using test = await openTestJobs({ ship }, { form });
  const numbers = [1, 2, 3, 4, 5];
  const put = await Promise.all(
    numbers.map((n) => test.own.enqueue("ship", { customer: "alice", n })),
  );
  for (const { job } of put) await new JobHandle(test.own, job).wait();
  assertEquals(ran, numbers);
});

inEachForm("a job with the id of another one is that one", async (form) => {
  const add = method({ job: {}, handler: () => 1 });
  await using test = await openTestJobs({ add }, { form, isRunning: false });
  const first = await test.own.enqueue("add", {}, { id: "order-1" });
  assertEquals(await test.own.enqueue("add", {}, { id: "order-1" }), {
    ...first,
    isDuplicate: true,
  });
  assertEquals((await test.own.list()).map(({ job }) => job), [first.job]);
});

inEachForm(
  "a process that dies leaves its jobs to the next one, which goes on at the next step",
  async (form) => {
    const done: string[] = [];
    const reached = Promise.withResolvers<void>();
    const work = (ends: boolean) =>
      method({
        job: {},
        async handler(_: unknown, context: Context) {
          await context.step("first", () => void done.push("first"));
          if (!ends) {
            reached.resolve();
            await new Promise(() => {});
          }
          await context.step("second", () => void done.push("second"));
          return "done";
        },
      });
    await using kept = await openTestQueues({ form });
    {
      // It never answers: to the store that is as if its process were gone.
      await using dying = await openTestJobs({ work: work(false) }, { beside: kept });
      const { job } = await dying.own.enqueue("work", {});
      await reached.promise;
      await using next = await openTestJobs({ work: work(true) }, { beside: kept, pollMs: 1 });
      kept.clock.advance(limits.leaseMs + 1);
      assertEquals(await new JobHandle(next.own, job).wait(), "done");
      assertEquals((await next.own.show(job)).tries, 2);
    }
    assertEquals(done, ["first", "second"]);
  },
);

inEachForm("a server that stops gives its jobs back, and no try is used up", async (form) => {
  const began = Promise.withResolvers<number>();
  const hang = method({
    job: { retries: 0 },
    handler(_: unknown, { deadline }: Context) {
      began.resolve(deadline);
      return new Promise<void>(() => {});
    },
  });
  await using kept = await openTestQueues({ form });
  let job: number;
  {
    await using first = await openTestJobs({ hang }, { beside: kept });
    job = (await first.own.enqueue("hang", {})).job;
    assertEquals(await began.promise, kept.clock.now() + limits.jobTimeoutMs);
  }
  const next = method({ job: {}, handler: () => "done" });
  await using second = await openTestJobs({ hang: next }, { beside: kept, pollMs: 1 });
  assertEquals(await new JobHandle(second.own, job).wait(), "done");
  assertEquals((await second.own.show(job)).tries, 1);
});

inEachForm("a job whose last lease ends without an answer has failed", async (form) => {
  const began = Promise.withResolvers<void>();
  const hang = method({
    job: { retries: 0 },
    handler() {
      began.resolve();
      return new Promise<void>(() => {});
    },
  });
  const other = method({ job: { retries: 0 }, handler: () => 1 });
  await using kept = await openTestQueues({ form });
  await using lost = await openTestJobs({ hang }, { beside: kept });
  const { job } = await lost.own.enqueue("hang", {});
  await began.promise;
  kept.clock.advance(limits.leaseMs + 1);
  await using next = await openTestJobs({ hang, other }, { beside: kept, pollMs: 1 });
  const error = await assertRejects(() => new JobHandle(next.own, job).wait(), DariError);
  assertEquals(error.code, "deadline_exceeded");
});

inEachForm("the steps of a job, and their names, are bounded", async (form) => {
  const name = "s".repeat(limits.maxJobStepNameLength);
  const many = method({
    job: { retries: 0 },
    async handler({ count }: { count: number }, context: Context) {
      assertEquals(await context.step(name, () => 1), 1);
      for (let n = 1; n < count; n++) await context.step(`step ${n}`, () => n);
      for (const wrong of ["", `${name}s`, "a\0b", 7]) {
        await assertRejects(
          () => context.step(wrong as string, () => 1),
          TypeError,
          "name of a step",
        );
      }
      return "all";
    },
  });
  await using test = await openTestJobs({ many }, { form });
  const run = async (count: number) =>
    await new JobHandle(test.own, (await test.own.enqueue("many", { count })).job).wait();
  assertEquals(await run(3), "all");
  const { store } = test.kept;
  const full = await test.own.enqueue("many", { count: 2 }, { delayMs: 1_000 });
  await store.transact((sql) => {
    for (let n = 1; n < limits.maxJobSteps; n++) {
      sql.run("INSERT INTO job_steps VALUES (?, ?, '1', NULL)", full.job, `kept ${n}`);
    }
  });
  test.clock.advance(1_000);
  const error = await assertRejects(
    () => new JobHandle(test.own, full.job).wait(),
    DariError,
    `has ${limits.maxJobSteps} steps`,
  );
  assertEquals(error.code, "resource_exhausted");
});
