/**
 * Operations on jobs and their schedules.
 *
 * @module
 */

import { noteProgress, rememberStep } from "../embedded/tables/job_steps.ts";
import {
  cancelJob,
  failJob,
  finishJob,
  jobQueue,
  putJob,
  retryJob,
} from "../embedded/tables/jobs.ts";
import { checkLease } from "../embedded/tables/answers.ts";
import {
  declareSchedules,
  putSchedule,
  removeSchedule,
  runSchedules,
} from "../embedded/tables/schedules.ts";
import { checkSettings } from "../queue/settings.ts";
import type { Timing } from "../schedule/timing.ts";
import { operation } from "./define.ts";
import {
  checked,
  type Field,
  flag,
  list,
  number,
  object,
  oneOf,
  optional,
  orNull,
  text,
} from "./fields.ts";
import { storedMessage } from "./queue_operations.ts";

const writtenValue = object({ value: text, types: orNull(text), bytes: number });

const missed = oneOf("skip", "once", "all");

const timing: Field<Timing> = (value, where) =>
  typeof value === "object" && value !== null && "cron" in value
    ? object({ cron: text, timeZone: text, missed })(value, where)
    : object({ everyMs: number, missed })(value, where);

const writtenSchedule = object({
  method: text,
  isDeclared: flag,
  name: text,
  putBy: text,
  timing,
  key: orNull(text),
  params: writtenValue,
  fromAt: number,
  nextAt: orNull(number),
});

const settings = checked(checkSettings);

/** Which job, and by what right it is answered. */
const answered = { job: number, method: text, lease: checked(checkLease) };

/** Operations on jobs and their schedules, by name. */
export const jobOperations = {
  "job.put": operation(
    { method: text, message: storedMessage, settings },
    (transaction, job, by) => putJob(transaction, job, by),
  ),
  "job.cancel": operation(
    { job: number, keepMs: number },
    (transaction, { job, keepMs }) => cancelJob(transaction, job, keepMs),
  ),
  "job.retry": operation(
    { job: number },
    (transaction, { job }) => transaction.atomically(() => retryJob(transaction, job)),
  ),
  "job.progress": operation(
    { ...answered, progress: writtenValue },
    (transaction, { job, progress, ...lease }, holder) =>
      noteProgress(transaction, answering(lease, holder), job, progress),
  ),
  "job.step": operation(
    { ...answered, name: text, given: writtenValue },
    (transaction, { job, name, given, ...lease }, holder) =>
      rememberStep(transaction, answering(lease, holder), { job, name, ...given }),
  ),
  "job.finish": operation(
    { ...answered, result: writtenValue, keepMs: number },
    (transaction, { job, result, keepMs, ...lease }, holder) =>
      finishJob(transaction, answering(lease, holder), { job, result, keepMs }),
  ),
  "job.fail": operation(
    {
      ...answered,
      error: object({ code: text, message: text }),
      ...{ delayMs: optional(number), reason: optional(text), dead: optional(flag) },
    },
    (transaction, { method, lease, ...failure }, holder) =>
      failJob(transaction, answering({ method, lease }, holder), failure),
  ),
  "schedule.put": operation(
    { schedule: writtenSchedule },
    (transaction, { schedule }) => putSchedule(transaction, schedule),
  ),
  "schedule.remove": operation(
    { schedule: number },
    (transaction, { schedule }) => removeSchedule(transaction, schedule),
  ),
  "schedule.declare": operation(
    { methods: list(text), declared: list(writtenSchedule) },
    (transaction, { methods, declared }) => declareSchedules(transaction, methods, declared),
  ),
  "schedule.run": operation(
    {
      due: list(object({
        ...{ schedule: number, fromAt: number, timing: text },
        times: object({ runs: list(number), fromMs: number, nextAtMs: orNull(number) }),
        settings,
      })),
    },
    (transaction, { due }) => runSchedules(transaction, due),
  ),
};

function answering(
  { method, lease }: { readonly method: string; readonly lease: string },
  holder: string,
) {
  return { queue: jobQueue(method), lease, holder };
}
