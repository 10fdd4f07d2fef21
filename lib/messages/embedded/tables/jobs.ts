/**
 * Jobs: messages of queues that peers do not reach, with a row that outlives them.
 *
 * @module
 */

import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import type { Sql } from "../../../store/tables/sql.ts";
import type { JobError, JobReceipt, JobState, JobStatus } from "../../job/operations.ts";
import type { JobFailure } from "../../job/work.ts";
import { readMessage, type WrittenMessage } from "../../queue/message_value.ts";
import type { NackResult } from "../../queue/operations.ts";
import type { QueueSettings } from "../../queue/settings.ts";
import { ackMessage, type Answering, nackMessage } from "./answers.ts";
import { retrySome } from "./manage.ts";
import { remove } from "./moves.ts";
import { type CheckedMessage, putMessages } from "./put.ts";
import { type MessageRow, MOVED } from "./rows.ts";
import type { QueueTransaction } from "./transaction.ts";

/** A job with what its message says of it. */
interface JobRow {
  readonly id: number;
  readonly method: string;
  readonly put_by: string;
  readonly put_at: number;
  readonly scheduled_at: number | null;
  readonly outcome: JobStatus | null;
  readonly ended_at: number | null;
  readonly tries: number;
  readonly progress: string | null;
  readonly progress_types: string | null;
  readonly result: string | null;
  readonly result_types: string | null;
  readonly error: string | null;
  readonly state: number | null;
  readonly due_at: number | null;
  readonly reason: string | null;
}

/** What a job stands as, by the state of its message. */
const STATUSES: readonly JobStatus[] = ["waiting", "delayed", "running", "waiting", "failed"];

/** The same in SQL. */
const STANDS = `CASE ifnull(m.state, 0) ${
  STATUSES.map((status, state) => `WHEN ${state} THEN '${status}'`).join(" ")
} END`;

const SELECT = `SELECT j.id, method, j.put_by, j.put_at, scheduled_at, outcome, ended_at,
  ifnull(m.tries, j.tries) AS tries, progress, progress_types, result, result_types, error, m.state,
  m.due_at, m.reason FROM jobs j LEFT JOIN queue_messages m ON m.number = j.id`;

/**
 * The queue of a method's jobs. No name that a peer may give has a colon.
 *
 * @param method The method.
 */
export function jobQueue(method: string): string {
  return `job:${method}`;
}

/** A job that is put. */
export interface NewJob {
  readonly method: string;
  readonly message: CheckedMessage;
  /** How its queue works. */
  readonly settings: Partial<QueueSettings>;
  /** The time at which a schedule has it run. */
  readonly scheduledAt?: number;
}

/** Puts a job. */
export function putJob(
  transaction: QueueTransaction,
  { method, message, settings, scheduledAt }: NewJob,
  by: string,
): JobReceipt {
  const name = jobQueue(method);
  const queue = transaction.make(name);
  queue.settings = { ...queue.settings, ...settings };
  const [{ number, isDuplicate } = { number: 0, isDuplicate: false }] = putMessages(
    transaction,
    name,
    [message],
    by,
  );
  const { sql, today } = transaction;
  if (!isDuplicate) {
    sql.run(
      "INSERT INTO jobs (id, method, put_by, put_at, tries, scheduled_at) VALUES (?, ?, ?, ?, 0, ?)",
      number,
      method,
      by,
      today,
      scheduledAt ?? null,
    );
  }
  sql.run(
    `DELETE FROM jobs WHERE id IN (SELECT id FROM jobs INDEXED BY jobs_ended
     WHERE keep_until IS NOT NULL AND keep_until <= ? ORDER BY keep_until, id LIMIT ?)`,
    today,
    limits.queueMoveCount,
  );
  return { job: number, isDuplicate };
}

/**
 * A job as it stands.
 *
 * @throws {DariError} `not_found` where there is none.
 */
export function jobState(sql: Sql, job: number): JobState {
  const [row] = sql.all<JobRow>(`${SELECT} WHERE j.id = ?`, job);
  if (row !== undefined) return stateOf(row);
  throw new DariError("not_found", `There is no job ${job}, or it is not kept any more`);
}

/** The times at which schedules have jobs run, of those among some that a schedule has put. */
export function scheduledTimes(sql: Sql, jobs: readonly number[]): ReadonlyMap<number, number> {
  const rows = sql.all<{ id: number; at: number }>(
    `SELECT id, scheduled_at AS at FROM jobs
     WHERE id IN (SELECT value FROM json_each(?)) AND scheduled_at IS NOT NULL`,
    JSON.stringify(jobs),
  );
  return new Map(rows.map(({ id, at }) => [id, at]));
}

/** Lists jobs of methods that may be seen, and those of their owner. */
export function listJobs(
  sql: Sql,
  { after, limit, methods, method, status, owner }: {
    readonly after: number;
    readonly limit: number;
    /** Whose jobs may be seen, whoever put them. */
    readonly methods: readonly string[];
    readonly method: string | undefined;
    readonly status: JobStatus | undefined;
    readonly owner: string;
  },
): JobState[] {
  const rows = sql.all<JobRow>(
    `${SELECT} WHERE j.id > ? AND (? IS NULL OR method = ?)
     AND (? IS NULL OR ifnull(outcome, ${STANDS}) = ?)
     AND (j.put_by = ? OR method IN (SELECT value FROM json_each(?))) ORDER BY j.id LIMIT ?`,
    after,
    method ?? null,
    method ?? null,
    status ?? null,
    status ?? null,
    owner,
    JSON.stringify(methods),
    limit,
  );
  return rows.map(stateOf);
}

/** The methods that have jobs. */
export function methodsWithJobs(sql: Sql): string[] {
  return sql.all<{ method: string }>("SELECT DISTINCT method FROM jobs").map(({ method }) =>
    method
  );
}

/** Ends a job whose handler has returned. */
export function finishJob(
  transaction: QueueTransaction,
  answering: Answering,
  { job, result, keepMs }: {
    readonly job: number;
    readonly result: WrittenMessage;
    readonly keepMs: number;
  },
): void {
  const { tries } = ackMessage(transaction, answering);
  end(transaction, job, { outcome: "done", tries, keepMs, result });
}

/** Gives a job back whose handler has failed. */
export function failJob(
  transaction: QueueTransaction,
  answering: Answering,
  { job, error, ...given }: JobFailure & { readonly job: number },
): NackResult {
  const result = nackMessage(transaction, answering, given);
  transaction.sql.run("UPDATE jobs SET error = ? WHERE id = ?", JSON.stringify(error), job);
  if (result.isDead) transaction.endedJobs.add(job);
  return result;
}

/** Ends a job for good. */
export function cancelJob(transaction: QueueTransaction, job: number, keepMs: number): JobState {
  const { method, status, tries } = jobState(transaction.sql, job);
  if (status === "done" || status === "cancelled") throw hasEnded(job, status);
  const queue = transaction.make(jobQueue(method));
  end(transaction, job, { outcome: "cancelled", tries, keepMs, result: undefined });
  const [message] = transaction.sql.all<MessageRow>(
    `SELECT ${MOVED} FROM queue_messages WHERE number = ?`,
    job,
  );
  if (message !== undefined) remove(transaction, queue, message);
  return jobState(transaction.sql, job);
}

/** Tries a job again that has failed. */
export function retryJob(transaction: QueueTransaction, job: number): JobState {
  const { method, status } = jobState(transaction.sql, job);
  if (status !== "failed") {
    const message = `Job ${job} is ${status}; only one that has failed can be tried again`;
    throw new DariError("failed_precondition", message, { retryable: false });
  }
  retrySome(transaction, jobQueue(method), { numbers: [job] });
  transaction.sql.run("UPDATE jobs SET error = NULL WHERE id = ?", job);
  return jobState(transaction.sql, job);
}

function end(
  transaction: QueueTransaction,
  job: number,
  { outcome, tries, keepMs, result }: {
    readonly outcome: "done" | "cancelled";
    readonly tries: number;
    readonly keepMs: number;
    readonly result: WrittenMessage | undefined;
  },
): void {
  const { sql, today } = transaction;
  sql.run(
    `UPDATE jobs SET outcome = ?, ended_at = ?, keep_until = ?, tries = ?, result = ?,
       result_types = ?, error = NULL WHERE id = ?`,
    outcome,
    today,
    today + keepMs,
    tries,
    result?.value ?? null,
    result?.types ?? null,
    job,
  );
  sql.run("DELETE FROM job_steps WHERE job = ?", job);
  transaction.endedJobs.add(job);
}

function hasEnded(job: number, status: JobStatus): DariError {
  const message = `Job ${job} is ${status} already`;
  return new DariError("failed_precondition", message, { retryable: false });
}

function stateOf(row: JobRow): JobState {
  const status = row.outcome ?? STATUSES[row.state ?? 0]!;
  const endedAtMs = status === "failed" ? row.due_at : row.ended_at;
  const error = errorOf(row, status);
  return {
    job: row.id,
    method: row.method,
    status,
    putBy: row.put_by,
    putAtMs: row.put_at,
    ...(row.scheduled_at === null ? {} : { scheduledAtMs: row.scheduled_at }),
    tries: row.tries,
    ...(row.progress === null
      ? {}
      : { progress: readMessage({ value: row.progress, types: row.progress_types }) }),
    ...(row.result === null
      ? {}
      : { result: readMessage({ value: row.result, types: row.result_types }) }),
    ...(error === undefined ? {} : { error }),
    ...(endedAtMs === null ? {} : { endedAtMs }),
  };
}

/** A job whose last lease ended without an answer failed without saying why. */
function errorOf({ error, reason }: JobRow, status: JobStatus): JobError | undefined {
  if (error !== null) return JSON.parse(error) as JobError;
  return status === "failed"
    ? { code: "deadline_exceeded", message: reason ?? "Nobody answered in time" }
    : undefined;
}
