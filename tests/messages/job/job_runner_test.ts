import { assertEquals, assertRejects } from "@std/assert";
import { systemClock } from "../../../lib/base/clock.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { JobHandle } from "../../../lib/messages/mod.ts";
import { openTestJobs } from "../../support/jobs.ts";
import { startPool, Told } from "../../support/pool.ts";
import { methods } from "../../support/pool_methods.ts";

Deno.test("jobs of methods with worker: true are run by the pool, which hears that they end", async () => {
  await using pool = startPool();
  using told = new Told();
  const job = { retries: 0 };
  await using test = await openTestJobs(
    {
      add: { ...methods.add, job },
      untilCancelled: { ...methods.untilCancelled, job },
      loop: { ...methods.loop, job: { retries: 0, timeoutMs: 200 } },
      failTyped: { ...methods.failTyped, job },
    },
    { pool, clock: systemClock },
  );
  const put = async (name: string, params: unknown) =>
    new JobHandle(test.own, (await test.own.enqueue(name, params)).job);
  assertEquals(await (await put("add", { a: 1, b: 2 })).wait(), 3);
  const typed = await put("failTyped", {});
  const error = await assertRejects(() => typed.wait(), DariError, "There is no such thing");
  assertEquals(error.code, "not_found");
  const cancelled = await put("untilCancelled", told.toJSON());
  await told.hear("started");
  await cancelled.cancel();
  await told.hear("cancelled");
  // A loop that does not end costs its own thread alone, and the next job has a new one.
  const looping = await put("loop", told.toJSON());
  await assertRejects(() => looping.wait(), DariError, "took longer than");
  assertEquals(await (await put("add", { a: 3, b: 4 })).wait(), 7);
});

Deno.test("a server runs no job itself whose workers are external", async () => {
  const job = { workers: "external" } as const;
  await using test = await openTestJobs({
    outside: { job, handler: () => 1 },
    inside: { job: {}, handler: () => 2 },
  });
  const outside = await test.own.enqueue("outside", {});
  const inside = new JobHandle(test.own, (await test.own.enqueue("inside", {})).job);
  assertEquals(await inside.wait(), 2);
  assertEquals((await test.own.show(outside.job)).status, "waiting");
  assertEquals((await test.jobs.work("bob").take("outside", {})).length, 1);
  assertEquals((await test.own.show(outside.job)).status, "running");
});
