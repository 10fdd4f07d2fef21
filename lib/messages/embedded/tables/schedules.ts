/**
 * Schedules of jobs, and what they put.
 *
 * @module
 */

import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import { byteLength } from "../../../base/text/byte_length.ts";
import type { Sql } from "../../../store/tables/sql.ts";
import type { ScheduleState } from "../../job/operations.ts";
import { readMessage, type WrittenMessage } from "../../queue/message_value.ts";
import type { QueueSettings } from "../../queue/settings.ts";
import type { DueTimes } from "../../schedule/due_times.ts";
import type { Timing } from "../../schedule/timing.ts";
import { putJob } from "./jobs.ts";
import type { QueueTransaction } from "./transaction.ts";

/** A row of `job_schedules`. */
export interface ScheduleRow {
  readonly id: number;
  readonly method: string;
  readonly declared: number;
  readonly name: string;
  readonly put_by: string;
  readonly timing: string;
  readonly key: string | null;
  readonly params: string;
  readonly params_types: string | null;
  readonly from_at: number;
  readonly next_at: number | null;
  readonly last_at: number | null;
  readonly last_job: number | null;
}

/** A schedule that is put, or declared by its method. */
export interface WrittenSchedule {
  readonly method: string;
  readonly isDeclared: boolean;
  readonly name: string;
  readonly putBy: string;
  readonly timing: Timing;
  /** The key of its jobs. */
  readonly key: string | null;
  readonly params: WrittenMessage;
  /** Times are counted from here, in milliseconds since the epoch. */
  readonly fromAt: number;
  readonly nextAt: number | null;
}

const SELECT = "SELECT * FROM job_schedules";

const PUT = `INSERT INTO job_schedules
  (id, method, declared, name, put_by, timing, key, params, params_types, from_at, next_at)
  VALUES ((SELECT max(value, (SELECT ifnull(max(id), 0) FROM job_schedules)) + 1
    FROM counters WHERE name = 'schedule'), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (method, declared, name) DO UPDATE SET put_by = excluded.put_by,
    key = excluded.key, params = excluded.params, params_types = excluded.params_types,
    from_at = iif(timing = excluded.timing, from_at, excluded.from_at),
    next_at = iif(timing = excluded.timing, next_at, excluded.next_at), timing = excluded.timing
  RETURNING *`;

/**
 * Puts a schedule, or replaces the one of its name. Where its times stay the same, none is lost.
 *
 * @throws {DariError} `resource_exhausted` where there are too many.
 */
export function putSchedule(
  { sql }: Pick<QueueTransaction, "sql">,
  { method, isDeclared, name, putBy, timing, key, params, fromAt, nextAt }: WrittenSchedule,
): ScheduleState {
  const written = [JSON.stringify(timing), key, params.value, params.types, fromAt, nextAt];
  const [row] = sql.all<ScheduleRow>(PUT, method, Number(isDeclared), name, putBy, ...written);
  const [{ count } = { count: 0 }] = sql.all<{ count: number }>(
    "SELECT count(*) AS count FROM job_schedules",
  );
  if (count <= limits.maxSchedules) {
    // The number of one that was removed is never another's: somebody may still name it.
    sql.run("UPDATE counters SET value = max(value, ?) WHERE name = 'schedule'", row!.id);
    return scheduleState(row!);
  }
  sql.run("DELETE FROM job_schedules WHERE id = ?", row!.id);
  throw new DariError(
    "resource_exhausted",
    `There are ${limits.maxSchedules} schedules already; remove one first`,
    { retryable: false },
  );
}

/** Makes the declared schedules of some methods those that are given. */
export function declareSchedules(
  transaction: QueueTransaction,
  methods: readonly string[],
  declared: readonly WrittenSchedule[],
): void {
  const known = new Set(declared.map(({ method, name }) => `${method} ${name}`));
  const rows = transaction.sql.all<ScheduleRow>(
    `${SELECT} WHERE declared = 1 AND method IN (SELECT value FROM json_each(?))`,
    JSON.stringify(methods),
  );
  for (const { id, method, name } of rows) {
    if (!known.has(`${method} ${name}`)) removeSchedule(transaction, id);
  }
  for (const each of declared) putSchedule(transaction, each);
}

/** Removes a schedule. */
export function removeSchedule({ sql }: Pick<QueueTransaction, "sql">, id: number): void {
  sql.run("DELETE FROM job_schedules WHERE id = ?", id);
}

/**
 * A schedule as it stands.
 *
 * @throws {DariError} `not_found` where there is none.
 */
export function findSchedule(sql: Sql, id: number): ScheduleState {
  const [row] = sql.all<ScheduleRow>(`${SELECT} WHERE id = ?`, id);
  if (row !== undefined) return scheduleState(row);
  throw new DariError("not_found", `There is no schedule ${id}`);
}

/** Lists schedules of methods that may be seen, and those of their owner. */
export function listSchedules(
  sql: Sql,
  { after, limit, method, mayShow, owner }: {
    readonly after: number;
    readonly limit: number;
    readonly method: string | undefined;
    readonly mayShow: (method: string) => boolean;
    readonly owner: string;
  },
): ScheduleState[] {
  const methods = sql.all<{ method: string }>("SELECT DISTINCT method FROM job_schedules");
  const shown = methods.map(({ method }) => method).filter(mayShow);
  return sql.all<ScheduleRow>(
    `${SELECT} WHERE id > ? AND (? IS NULL OR method = ?)
     AND (put_by = ? OR method IN (SELECT value FROM json_each(?))) ORDER BY id LIMIT ?`,
    after,
    method ?? null,
    method ?? null,
    owner,
    JSON.stringify(shown),
    limit,
  ).map(scheduleState);
}

/** When the first schedule of some methods comes, in milliseconds since the epoch. */
export function nextScheduleAt(sql: Sql, isKnown: (method: string) => boolean): number {
  // The methods of one server are nearly always those of its store.
  const [first] = sql.all<Pick<ScheduleRow, "method" | "next_at">>(
    `SELECT method, next_at FROM job_schedules INDEXED BY job_schedules_next
     WHERE next_at IS NOT NULL ORDER BY next_at LIMIT 1`,
  );
  if (first === undefined || isKnown(first.method)) return first?.next_at ?? Infinity;
  const all = sql.all<{ method: string; next: number | null }>(
    "SELECT method, min(next_at) AS next FROM job_schedules GROUP BY method",
  );
  return Math.min(
    ...all.filter(({ method }) => isKnown(method)).map(({ next }) => next ?? Infinity),
  );
}

/** The schedules of some methods that have come, the earliest first. */
export function dueSchedules(sql: Sql, methods: readonly string[], nowMs: number): ScheduleRow[] {
  return sql.all<ScheduleRow>(
    `${SELECT} INDEXED BY job_schedules_next WHERE next_at <= ?
     AND method IN (SELECT value FROM json_each(?)) ORDER BY next_at, id LIMIT ?`,
    nowMs,
    JSON.stringify(methods),
    limits.maxSchedulesAtOnce,
  );
}

/** The schedules of some methods that are ahead of a clock, because it was set back. */
export function aheadSchedules(sql: Sql, methods: readonly string[], nowMs: number): ScheduleRow[] {
  return sql.all<ScheduleRow>(
    `${SELECT} WHERE from_at > ? AND method IN (SELECT value FROM json_each(?))`,
    nowMs,
    JSON.stringify(methods),
  );
}

/** A schedule as it was read, and what it has come to. */
export interface DueSchedule {
  /** Its number. */
  readonly schedule: number;
  /** All times up to this one were dealt with. */
  readonly fromAt: number;
  /** Its timing, as it is stored. */
  readonly timing: string;
  /** What it comes to. */
  readonly times: DueTimes;
  /** How the queue of its method works. */
  readonly settings: Partial<QueueSettings>;
}

/** What became of schedules that were due. */
export interface RunSchedules {
  /** How many of them this has dealt with, and nobody else. */
  readonly count: number;
  /** Why some of them put no job. */
  readonly failures: readonly string[];
}

/**
 * Puts the jobs of schedules, of each unless another process or server has done so.
 *
 * @param transaction The transaction.
 * @param due The schedules.
 */
export function runSchedules(
  transaction: QueueTransaction,
  due: readonly DueSchedule[],
): RunSchedules {
  const failures: string[] = [];
  let count = 0;
  for (const each of due) {
    const [row] = transaction.sql.all<ScheduleRow>(
      `${SELECT} WHERE id = ? AND from_at = ? AND timing = ?`,
      ...[each.schedule, each.fromAt, each.timing],
    );
    // A server whose clock is ahead deals with times that have not come.
    if (row === undefined || each.times.fromMs > transaction.today + limits.clockStepMs) continue;
    count++;
    try {
      putJobs(transaction, row, each);
    } catch (error) {
      if (!(error instanceof DariError)) throw error;
      failures.push(`Schedule ${row.id} of "${row.method}" put no job: ${error.message}`);
    }
  }
  return { count, failures };
}

function putJobs(
  transaction: QueueTransaction,
  now: ScheduleRow,
  { times, settings }: Pick<DueSchedule, "times" | "settings">,
): void {
  const { sql } = transaction;
  sql.run(
    "UPDATE job_schedules SET from_at = ?, next_at = ? WHERE id = ?",
    ...[times.fromMs, times.nextAtMs, now.id],
  );
  const { missed } = JSON.parse(now.timing) as Timing;
  for (const time of times.runs) {
    if (missed !== "all" && waits(sql, now.last_job)) return;
    const { job } = putJob(
      transaction,
      { method: now.method, message: messageOf(now), settings, scheduledAt: time },
      now.put_by,
    );
    sql.run(
      "UPDATE job_schedules SET last_at = ?, last_job = ? WHERE id = ?",
      ...[time, job, now.id],
    );
  }
}

/** Whether a job has not begun: it stands for the times that come meanwhile. */
function waits(sql: Sql, job: number | null): boolean {
  return job !== null && sql.all(
        "SELECT 1 FROM queue_messages WHERE number = ? AND state IN (0, 1, 3) AND tries = 0",
        job,
      ).length > 0;
}

function messageOf({ params, params_types: types, key }: ScheduleRow) {
  const bytes = byteLength(params) + byteLength(types ?? "");
  return { value: params, types, bytes, key, id: null, priority: 0, delayMs: 0 };
}

function scheduleState(row: ScheduleRow): ScheduleState {
  return {
    schedule: row.id,
    method: row.method,
    name: row.name,
    isDeclared: row.declared !== 0,
    putBy: row.put_by,
    ...JSON.parse(row.timing) as Timing,
    params: readMessage({ value: row.params, types: row.params_types }),
    nextAtMs: row.next_at,
    ...(row.last_at === null ? {} : { lastAtMs: row.last_at }),
    ...(row.last_job === null ? {} : { lastJob: row.last_job }),
  };
}
