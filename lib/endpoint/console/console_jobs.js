// The jobs of the console: how those of each method stand, which failed, and their schedules.

import { call } from "./console_calls.js";
import {
  act,
  asking,
  depths,
  follow,
  JOB,
  known,
  listed,
  named,
  rateColumns,
  states,
} from "./console_messages.js";
import { element, foreign, moment, none, number, readable } from "./console_parts.js";

/** How many failed jobs are shown. */
const FAILED = 50;

/** Jobs: how those of each method stand, which failed, and when schedules come. */
export function showJobs(place, signal) {
  return follow(place, signal, "Jobs", async (rates, load) => {
    const [all, failed, schedules] = await Promise.all([
      states(),
      known("rpc.job.list", { status: "failed", limit: FAILED }, { jobs: [] }),
      known("rpc.job.schedules", { limit: 200 }, { schedules: [] }),
    ]);
    const methods = all.filter(({ name }) => name.startsWith(JOB));
    const now = Date.now();
    const nameOf = ({ name }) => foreign(name.slice(JOB.length));
    const columns = [
      { title: "Method", of: nameOf },
      ...depths("Failed"),
      { title: "Oldest", of: ({ oldestAtMs }) => moment(oldestAtMs, now) },
      ...rateColumns(rates),
    ];
    return [
      methods.length === 0
        ? none("No job was put yet.")
        : named("Jobs by method", columns, methods),
      failed.jobs.length === 0 ? undefined : failedTable(failed.jobs, load),
      schedules.schedules.length === 0 ? undefined : scheduleTable(schedules.schedules),
    ];
  });
}

function failedTable(jobs, load) {
  const now = Date.now();
  return named(listed("Failed jobs", jobs.length, FAILED), [
    { title: "Job", of: ({ job }) => String(job) },
    { title: "Method", of: ({ method }) => foreign(method) },
    { title: "Error", of: ({ error }) => foreign(`${error.code}: ${error.message}`) },
    { title: "Tries", of: ({ tries }) => String(tries) },
    { title: "Put by", of: ({ putBy }) => foreign(putBy) },
    { title: "Ended", of: ({ endedAtMs }) => moment(endedAtMs, now) },
    {
      title: "Actions",
      className: "acts",
      of: ({ job, method }) =>
        element(
          "span",
          {},
          act(
            "Retry",
            asking(load, {
              title: `Try job ${job} of ${readable(method)} again?`,
              about: "Its tries are counted anew; steps that went well are not done again.",
              button: "Retry",
              run: () => call("rpc.job.retry", { job }),
              done: () => `Job ${job} is tried again`,
            }),
            `Retry job ${job}`,
          ),
          act(
            "Cancel",
            asking(load, {
              title: `Cancel job ${job} of ${readable(method)}?`,
              about: "It has ended for good then, and cannot be tried again.",
              button: "Cancel the job",
              run: () => call("rpc.job.cancel", { job }),
              done: () => `Cancelled job ${job}`,
            }),
            `Cancel job ${job}`,
          ),
        ),
    },
  ], jobs);
}

function scheduleTable(schedules) {
  const now = Date.now();
  return named("Schedules", [
    { title: "Method", of: ({ method }) => foreign(method) },
    { title: "Name", of: ({ name, isDeclared }) => isDeclared ? none("declared") : foreign(name) },
    {
      title: "Times",
      of: ({ cron, timeZone, everyMs }) =>
        foreign(cron === undefined ? `every ${number(everyMs / 1_000)} s` : `${cron} ${timeZone}`),
    },
    {
      title: "Next",
      of: ({ nextAtMs }) => nextAtMs === null ? none("never") : moment(nextAtMs, now),
    },
    { title: "Last", of: ({ lastAtMs }) => moment(lastAtMs, now) },
  ], schedules);
}
