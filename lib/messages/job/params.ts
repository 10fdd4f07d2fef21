/**
 * What callers say of jobs, checked.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { described } from "../queue/names.ts";
import { membersOf, whole } from "../queue/params.ts";
import { type EnqueueOptions, JOB_STATUSES, type JobPage, type JobWait } from "./operations.ts";

/** Refuses what cannot be the number of a job. */
export function checkJob(job: unknown): number {
  if (Number.isSafeInteger(job) && Number(job) >= 1) return job as number;
  throw new DariError("invalid_params", `"job" must be the number of a job; got ${described(job)}`);
}

/** Says that no job has this method. */
export function noSuchJob(method: unknown): string {
  return method === undefined
    ? 'The call lacks "method", the name of a method that is a job'
    : `There is no method ${described(method)} that is a job`;
}

/** Refuses what cannot be the params of a call: a job runs as one. */
export function checkJobParams(params: unknown): void {
  if (params === undefined || Array.isArray(params)) return;
  // Dates, maps and bytes are objects to a program, and travel as text or as an array.
  if (Object.prototype.toString.call(params) === "[object Object]") return;
  const message = `params must be an array or an object; got ${described(params)}`;
  throw new DariError("invalid_params", message);
}

/** Refuses options of a job that cannot be used; those of its message are checked with it. */
export function checkEnqueue(given: unknown): EnqueueOptions {
  return membersOf<EnqueueOptions>(given, ["id", "priority", "delayMs"], "A job");
}

/** Refuses a page that cannot be listed. */
export function checkJobPage(given: unknown, more: readonly string[] = []): JobPage {
  const page = membersOf<JobPage>(given, ["method", "after", "limit", ...more], "A page");
  if (page.status !== undefined && !JOB_STATUSES.includes(page.status)) {
    const known = JOB_STATUSES.join(", ");
    const message = `"status" must be one of ${known}; got ${described(page.status)}`;
    throw new DariError("invalid_params", message);
  }
  if (page.method !== undefined && typeof page.method !== "string") {
    throw new DariError("invalid_params", `"method" must be a text; got ${described(page.method)}`);
  }
  whole("after", page.after, 0, Number.MAX_SAFE_INTEGER);
  whole("limit", page.limit, 1, limits.maxMessageBatch);
  return page;
}

/** Refuses what cannot be the number of a schedule. */
export function checkScheduleNumber(schedule: unknown): number {
  if (Number.isSafeInteger(schedule) && Number(schedule) >= 1) return schedule as number;
  const message = `"schedule" must be the number of a schedule; got ${described(schedule)}`;
  throw new DariError("invalid_params", message);
}

/** Refuses what cannot be the name of a schedule. */
export function checkScheduleName(name: unknown): string {
  if (typeof name === "string" && SCHEDULE_NAME.test(name)) return name;
  throw new DariError(
    "invalid_params",
    `${described(name)} cannot be the name of a schedule: use 1 to ` +
      `${limits.maxScheduleNameLength} of A-Z a-z 0-9 _ -`,
  );
}

const SCHEDULE_NAME = new RegExp(`^[A-Za-z0-9_-]{1,${limits.maxScheduleNameLength}}$`);

/** Refuses a wait that cannot be used. */
export function checkJobWait(given: unknown): JobWait {
  const wait = membersOf<JobWait>(given, ["waitMs", "signal"], "A wait");
  whole("waitMs", wait.waitMs, 0, limits.maxCallTimeoutMs);
  return wait;
}

/** Refuses what cannot be the name of a step. */
export function checkStepName(name: unknown): string {
  const most = limits.maxJobStepNameLength;
  const fits = typeof name === "string" && name.length >= 1 && name.length <= most &&
    // deno-lint-ignore no-control-regex
    !/[\x00-\x1f\x7f]/.test(name) && name.isWellFormed();
  if (fits) return name;
  throw new TypeError(
    `The name of a step must have 1 to ${most} characters, none of them a control character; got ` +
      described(name),
  );
}
