import { assertEquals, assertThrows } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { jobMethods, keepMsOf, queueSettingsOf } from "../../../lib/messages/job/job_settings.ts";
import type { JobSettings } from "../../../lib/rpc/method/job.ts";

const jobsOf = (job: JobSettings) => jobMethods({ send: { job, handler: () => 1 } }, undefined);

Deno.test("jobMethods() finds the methods that are jobs", () => {
  const methods = {
    plain: () => 1,
    called: { handler: () => 1 },
    job: { job: {}, handler: () => 1 },
  };
  assertEquals([...jobMethods(methods, undefined).keys()], ["job"]);
  const most = { retries: limits.maxQueueSetting - 1, timeoutMs: limits.maxJobTimeoutMs };
  assertEquals(jobsOf(most).size, 1);
});

Deno.test("settings of jobs that cannot be used are refused when the server starts", () => {
  const wrong: [JobSettings, string][] = [
    [{ retries: -1 }, '"retries" of job "send" must be a whole number from 0'],
    [{ retries: limits.maxQueueSetting }, '"retries"'],
    [{ timeoutMs: limits.maxJobTimeoutMs + 1 }, '"timeoutMs"'],
    [{ timeoutMs: 0 }, '"timeoutMs"'],
    [{ backoffMs: NaN }, '"backoffMs"'],
    [{ keepMs: 1e308 }, '"keepMs"'],
    [{ concurrency: 0.5 }, '"concurrency"'],
  ];
  for (const [job, part] of wrong) assertThrows(() => jobsOf(job), RangeError, part);
  assertThrows(() => jobsOf({ tries: 1 } as JobSettings), TypeError, 'has no setting "tries"');
  const key = "customer" as unknown as JobSettings["key"];
  assertThrows(() => jobsOf({ key }), TypeError, "must be a function");
  const workers = "nobody" as unknown as JobSettings["workers"];
  assertThrows(() => jobsOf({ workers }), TypeError, '"server" or "external"; got "nobody"');
  for (const job of [null, true, 5, "daily", []] as unknown as JobSettings[]) {
    assertThrows(() => jobsOf(job), TypeError, 'The settings of job "send" are an object');
  }
  const streams = { job: {}, handler: async function* () {} };
  assertThrows(() => jobMethods({ streams }, undefined), TypeError, '"streams" streams');
});

Deno.test("a job is tried five times, and its result kept for a day, unless it says otherwise", () => {
  assertEquals(queueSettingsOf({}), {
    maxTries: limits.jobRetries + 1,
    backoffMs: limits.queueBackoffMs,
  });
  assertEquals(queueSettingsOf({ retries: 0, backoffMs: 5 }), { maxTries: 1, backoffMs: 5 });
  assertEquals([keepMsOf({}), keepMsOf({ keepMs: 0 })], [limits.jobKeepMs, 0]);
});
