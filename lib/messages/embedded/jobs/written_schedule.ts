/**
 * Schedules as they are stored, of what methods and callers say.
 *
 * @module
 */

import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import type { JobSchedule } from "../../../rpc/method/job.ts";
import type { WrittenSchedule } from "../tables/schedules.ts";
import { checkJobParams, checkScheduleName } from "../../job/params.ts";
import { checkMessageText } from "../../queue/names.ts";
import { writeMessage } from "../../queue/message_value.ts";
import { type CronTimes, loadCronTimes, noCronTimes } from "../../schedule/cron_times.ts";
import { checkTiming, nextTime } from "../../schedule/timing.ts";
import type { JobMethod } from "../../job/job_settings.ts";

/** A schedule, and the name of the principal that put it. */
export interface GivenSchedule {
  readonly schedule: unknown;
  readonly putBy: string;
  /** The time, in milliseconds since the epoch. */
  readonly nowMs: number;
}

/**
 * Checks and writes a schedule that a caller puts.
 *
 * @param method What is run.
 * @param given What was sent.
 * @throws {DariError} `invalid_params`, naming what is wrong.
 */
export async function writtenSchedule(
  method: JobMethod,
  given: GivenSchedule,
): Promise<WrittenSchedule> {
  const name = checkScheduleName((given.schedule as { name?: unknown } | undefined)?.name);
  return await write(method, given, { name, isDeclared: false }, ["name"]);
}

/**
 * Checks and writes the schedules that methods declare.
 *
 * @param methods The methods.
 * @param putBy Whose their jobs are.
 * @param nowMs The time, in milliseconds since the epoch.
 * @throws {DariError} `invalid_params`, naming the method and what is wrong.
 */
export async function declaredSchedules(
  methods: Iterable<JobMethod>,
  putBy: string,
  nowMs: number,
): Promise<WrittenSchedule[]> {
  const written: WrittenSchedule[] = [];
  for (const method of methods) {
    const { schedule } = method.job;
    if (schedule === undefined) continue;
    const all = Array.isArray(schedule) ? schedule : [schedule];
    if (all.length > limits.maxSchedules) {
      throw wrong(method, `at most ${limits.maxSchedules} are possible; got ${all.length}`);
    }
    for (const [at, each] of all.entries()) {
      const named = { name: String(at + 1), isDeclared: true };
      try {
        written.push(await write(method, { schedule: each, putBy, nowMs }, named, []));
      } catch (error) {
        throw error instanceof DariError ? wrong(method, error.message) : error;
      }
    }
  }
  return written;
}

async function write(
  method: JobMethod,
  { schedule, putBy, nowMs }: GivenSchedule,
  named: Pick<WrittenSchedule, "name" | "isDeclared">,
  more: readonly string[],
): Promise<WrittenSchedule> {
  const cronTimes = await cronTimesFor(schedule);
  const timing = checkTiming(schedule, [...more, "params"], cronTimes, nowMs);
  const given = typeof schedule === "string" ? undefined : (schedule as Given).params;
  checkJobParams(given);
  const checked = await method.checkParams(given);
  const params = writeMessage(given);
  if (params.bytes > limits.maxScheduleParamsBytes) {
    throw new DariError(
      "invalid_params",
      `The params of a schedule take at most ${limits.maxScheduleParamsBytes} bytes; got ` +
        params.bytes,
    );
  }
  const key = method.job.key?.(checked as never);
  return {
    method: method.name,
    ...named,
    putBy,
    timing,
    key: key === undefined ? null : checkMessageText(key, "key"),
    params,
    fromAt: nowMs,
    nextAt: nextTime(timing, cronTimes, nowMs)(nowMs),
  };
}

type Given = Exclude<JobSchedule, string>;

/** A pattern has to be read; an interval needs nothing. */
async function cronTimesFor(schedule: unknown): Promise<CronTimes> {
  const isPattern = typeof schedule === "string" ||
    (schedule as { cron?: unknown } | null | undefined)?.cron !== undefined;
  return isPattern ? await loadCronTimes() : noCronTimes;
}

function wrong({ name }: JobMethod, message: string): DariError {
  return new DariError("invalid_params", `The schedule of job "${name}" is wrong: ${message}`);
}
