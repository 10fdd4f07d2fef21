import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { JobContext } from "../../../lib/messages/job/job_context.ts";

Deno.test("a job knows who put it, and that there is nobody to call back", async () => {
  const context = new JobContext({
    ...{ job: 7, method: "send", by: "alice", deadline: 5_000, now: () => 2_000 },
    scheduledAtMs: undefined,
    signal: new AbortController().signal,
    step: async (_name, work) => await work(),
    progress: () => Promise.resolve(),
    publish: () => Promise.resolve({ isDuplicate: false }),
  });
  const { principal, carried } = context;
  assertEquals([principal.name, principal.roles, carried.chain], ["alice", [], undefined]);
  assertEquals(context.leftMs(), 3_000);
  context.setBaggage();
  assertThrows(() => context.notify(), DariError, "no caller");
  await assertRejects(() => context.call(), DariError, "no caller");
});
