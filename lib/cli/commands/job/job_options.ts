/**
 * What the commands of jobs have in common.
 *
 * @module
 */

import { type JobState, RemoteJobs, type ScheduleState } from "../../../messages/mod.ts";
import type { Io } from "../../app/command.ts";
import { flag, operand, type Options } from "../../app/option.ts";
import { formatDuration } from "../../app/duration.ts";
import { formatMoment } from "../../app/report.ts";
import { wholeNumber } from "../../app/value_type.ts";
import { writeJson } from "../../workspace/exact_json.ts";
import {
  connectAsAsked,
  type ConnectionChoice,
  connectionOptions,
} from "../../workspace/server_connection.ts";

/** The operand of commands that are about one job. */
export const jobOperand = operand({ ...wholeNumber(1), placeholder: "JOB" }, "its number");

/** The options of every command that is about jobs. */
export const jobOptions = {
  ...connectionOptions,
  json: flag("print one JSON value"),
} satisfies Options;

/** What `--help` says of rights. */
export const jobRights =
  "Everybody who signed in may look at and change their own jobs, and the owner of the server's " +
  "Unix socket all of them. Jobs of others need the administrative right job:METHOD.show or " +
  "job:METHOD.manage.";

/** What `--help` says of the rights on schedules. */
export const scheduleRights =
  "The owner of the server's Unix socket may look at and change all schedules. Others need the " +
  "administrative right job:METHOD.show or job:METHOD.manage.";

/**
 * Connects, and does something with the jobs of the server.
 *
 * @param options What the user typed.
 * @param io The environment.
 * @param work What is done.
 * @returns What it gave.
 */
export async function withJobs<T>(
  options: ConnectionChoice,
  io: Io,
  work: (jobs: RemoteJobs) => Promise<T>,
): Promise<T> {
  await using client = await connectAsAsked(options, io);
  return await work(new RemoteJobs(client));
}

/**
 * Writes the times of a schedule for a person.
 *
 * @param state The schedule.
 */
export function timesOf({ cron, timeZone, everyMs }: ScheduleState): string {
  if (cron === undefined) return `every ${formatDuration(everyMs ?? 0)}`;
  return timeZone === "UTC" ? cron : `${cron} ${timeZone}`;
}

/**
 * Writes a job for a person.
 *
 * @param state The job.
 */
export function linesOfJob(state: JobState): string[] {
  const { job, method, status, putBy, putAtMs, tries, progress, result, error, endedAtMs } = state;
  const { scheduledAtMs } = state;
  const rows: [string, string][] = [
    ["job", String(job)],
    ["method", method],
    ["status", status],
    ["put", `${formatMoment(putAtMs)} by ${putBy}`],
    ...scheduledAtMs === undefined
      ? []
      : [["due", formatMoment(scheduledAtMs)] as [string, string]],
    ["tries", String(tries)],
    ...progress === undefined ? [] : [["progress", writeJson(progress)] as [string, string]],
    ...result === undefined ? [] : [["result", writeJson(result)] as [string, string]],
    ...error === undefined
      ? []
      : [["error", `${error.code}: ${error.message}`] as [string, string]],
    ...endedAtMs === undefined ? [] : [["ended", formatMoment(endedAtMs)] as [string, string]],
  ];
  return rows.map(([name, value]) => `${name.padEnd(8)}  ${value}`);
}
