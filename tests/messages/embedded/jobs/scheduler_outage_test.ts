import { assertEquals } from "@std/assert";
import { DariError } from "../../../../lib/base/errors.ts";
import { limits } from "../../../../lib/base/limits.ts";
import { turn } from "../../../../lib/base/turn.ts";
import { partsOf } from "../../../../lib/messages/embedded/parts.ts";
import { Scheduler } from "../../../../lib/messages/embedded/jobs/scheduler.ts";
import type { SqliteStore } from "../../../../lib/store/store.ts";
import { FakeTimers } from "../../../support/fake_timers.ts";
import { openTestQueues } from "../../../support/queues.ts";

Deno.test("a store that cannot be read is told once, and once more when it was read in between", async () => {
  await using kept = await openTestQueues();
  using timers = new FakeTimers();
  const parts = partsOf(kept.queues);
  const told: string[] = [];
  let isBroken = true;
  const query: SqliteStore["query"] = (work) =>
    isBroken
      ? Promise.reject(new DariError("unavailable", "the cluster is cut off"))
      : parts.store.query(work);
  await using scheduler = new Scheduler({
    ...{ ...parts, store: { ...parts.store, query } },
    ...{ methods: new Map(), declared: [], tell: (line) => told.push(line) },
  });
  scheduler.start();
  const pass = async (times: number) => {
    for (let n = 0; n < times; n++) {
      for (let left = 500; left > 0; left--) await turn();
      timers.advance(limits.workerRetryMs);
    }
  };
  await pass(3);
  assertEquals(told, ["Schedules cannot be run: the cluster is cut off"]);
  isBroken = false;
  await pass(3);
  isBroken = true;
  scheduler.look();
  await pass(2);
  assertEquals(told.length, 2);
});
