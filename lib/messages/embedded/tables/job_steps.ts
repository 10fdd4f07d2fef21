/**
 * What a job writes down while it runs: how far it is, and what its steps gave.
 *
 * @module
 */

import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import type { Sql } from "../../../store/tables/sql.ts";
import type { WrittenMessage } from "../../queue/message_value.ts";
import { type Answering, notHeld, requireLease } from "./answers.ts";
import type { QueueTransaction } from "./transaction.ts";

/** Writes how far a job is, as long as its lease lasts. */
export function noteProgress(
  transaction: QueueTransaction,
  answering: Answering,
  job: number,
  { value, types }: WrittenMessage,
): void {
  requireLease(transaction, answering);
  transaction.sql.run(
    "UPDATE jobs SET progress = ?, progress_types = ? WHERE id = ?",
    value,
    types,
    job,
  );
}

/** Reads what a step gave in an earlier try, for the runner that has the job now. */
export function stepOf(
  sql: Sql,
  { job, name, lease, holder }: {
    readonly job: number;
    readonly name: string;
    readonly lease: string;
    readonly holder: string;
  },
): Pick<WrittenMessage, "value" | "types"> | undefined {
  const [row] = sql.all<{ value: string | null; types: string | null }>(
    `SELECT s.value, s.types FROM queue_messages m
     LEFT JOIN job_steps s ON s.job = m.number AND s.name = ?
     WHERE m.number = ? AND m.lease = ? AND m.holder = ?`,
    ...[name, job, lease, holder],
  );
  if (row === undefined) throw notHeld(job, "the lease has ended, or is somebody else's");
  return row.value === null ? undefined : { value: row.value, types: row.types };
}

/** Remembers what a step gave, as long as the lease lasts. */
export function rememberStep(
  transaction: QueueTransaction,
  answering: Answering,
  { job, name, value, types }: WrittenMessage & { readonly job: number; readonly name: string },
): void {
  requireLease(transaction, answering);
  const [{ count } = { count: 0 }] = transaction.sql.all<{ count: number }>(
    "SELECT count(*) AS count FROM job_steps WHERE job = ?",
    job,
  );
  if (count >= limits.maxJobSteps) {
    const message = `Job ${job} has ${count} steps, and no more are remembered`;
    throw new DariError("resource_exhausted", message, { retryable: false });
  }
  transaction.sql.run(
    "INSERT OR REPLACE INTO job_steps VALUES (?, ?, ?, ?)",
    job,
    name,
    value,
    types,
  );
}
