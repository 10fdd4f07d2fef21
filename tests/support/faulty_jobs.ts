/**
 * A server with jobs and a fault planted in it.
 *
 * @module
 */

import {
  change,
  fault,
  type PlantedFault,
  rewriteAnswers,
  rewriteRequests,
} from "./planted_fault.ts";

/** Faults by what the server does. */
export const jobFaults: Readonly<Record<string, PlantedFault>> = {
  "puts a job again whose id it knows": rewriteRequests("jobs.duplicate", /"id":"[^"]{36}",?/, ""),
  "runs a job before its time": rewriteRequests("jobs.delayed", ',"delayMs":3600000', ""),
  "says that a job which failed is done": rewriteAnswers("jobs.failed", '"failed"', '"done"'),
  "counts the tries of a job on when it is tried again": fault("jobs.retry", () => ({
    toTester: (line) => change(line, /("id":4.*"tries":)1/, "$12"),
  })),
  "tries a job again that is done": rewriteAnswers(
    "jobs.retry-done",
    /"error":.*$/,
    '"result":{}}',
  ),
  "cancels a job twice": rewriteAnswers("jobs.cancelled", /"error":.*$/, '"result":{}}'),
  "forgets how far a job was": rewriteAnswers("jobs.done", /"progress":\{.*?\}\},/, ""),
  "waits on for a job that was cancelled": fault("jobs.cancelled-wait", () => ({
    toTester: (line) => line.includes('"id":"wait"') ? [] : [line],
  })),
  "lists jobs from the beginning": rewriteRequests("jobs.list", /"after":\d+,/, ""),
  "takes any number for a job's": rewriteRequests("jobs.bad-number", '"job":1.5', '"job":1'),
  "puts a job whose options it does not know": rewriteRequests(
    "jobs.bad-params",
    ',"dealyMs":5',
    "",
  ),
  "loses the params of a schedule": rewriteAnswers(
    "jobs.schedule-every",
    /"params":\{.*?\}\},/,
    "",
  ),
  "does not know time zones": rewriteRequests(
    "jobs.schedule-cron",
    ',"timeZone":"Asia/Seoul"',
    "",
  ),
  "keeps a schedule beside the one that replaces it": rewriteRequests(
    "jobs.schedule-replaced",
    /("id":2.*)"conformance-replaced"/,
    '$1"conformance-other"',
  ),
  "lists schedules from the beginning": rewriteRequests("jobs.schedule-list", /"after":\d+,/, ""),
  "removes a schedule twice": rewriteAnswers(
    "jobs.schedule-removed",
    /"id":3,"error":.*$/,
    '"id":3,"result":{}}',
  ),
  "takes a schedule that never comes": rewriteRequests("jobs.schedule-bad", "30 2 *", "28 2 *"),
  "gives a job to two at a time": rewriteAnswers(
    "jobs.work-finished",
    '"id":3,"result":{"jobs":[]}',
    '"id":3,"result":{"jobs":[{}]}',
  ),
  "has a job finished twice": rewriteAnswers(
    "jobs.work-finished-twice",
    /"id":4,"error":.*$/,
    '"id":4,"result":{}}',
  ),
  "does not say which try is the last": rewriteAnswers(
    "jobs.work-failed",
    '"isDead":true',
    '"a":1',
  ),
  "tries a job again that is past help": rewriteRequests("jobs.work-dead", '"dead":true,', ""),
  "counts a try that was given back": rewriteAnswers(
    "jobs.work-released",
    /("id":4.*"tries":)1/,
    "$12",
  ),
  "forgets what a step gave": rewriteAnswers("jobs.work-steps", '"isDone":true', '"isDone":false'),
  "does not say when a lease ends": rewriteAnswers("jobs.work-extended", '"endsAtMs"', '"endsAt"'),
  "has a job finished that was cancelled": rewriteAnswers(
    "jobs.work-cancelled",
    /"id":5,"error":.*$/,
    '"id":5,"result":{}}',
  ),
  "waits for a job without end": rewriteRequests("jobs.work-none", '"waitMs":20', '"waitMs":20000'),
  "takes jobs by options that it does not know": rewriteRequests(
    "jobs.work-bad",
    ',"leaseMS":1000',
    "",
  ),
};
