/**
 * `dari job VERB`: jobs of a server.
 *
 * @module
 */

import type { CommandTable } from "../app/command.ts";

/** The commands by name. */
export const jobCommands: CommandTable = {
  "job list": { summary: "List jobs", load: () => import("../commands/job/list.ts") },
  "job show": {
    summary: "Show a job, and its result",
    load: () => import("../commands/job/show.ts"),
  },
  "job cancel": {
    summary: "End a job for good",
    load: () => import("../commands/job/cancel.ts"),
  },
  "job retry": {
    summary: "Try a job again that has failed",
    load: () => import("../commands/job/retry.ts"),
  },
  "job schedules": {
    summary: "List the schedules of jobs, and when each comes next",
    load: () => import("../commands/job/schedules.ts"),
  },
  "job schedule": {
    summary: "Have a method run by itself: at times of a cron pattern, or again and again",
    load: () => import("../commands/job/schedule.ts"),
  },
  "job unschedule": {
    summary: "Remove a schedule",
    load: () => import("../commands/job/unschedule.ts"),
  },
};
