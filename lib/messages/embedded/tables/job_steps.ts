/**
 * What a job writes down while it runs: how far it is, and what its steps gave.
 *
 * @module
 */

import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import type { Sql } from "../../../store/tables/sql.ts";
import type { WrittenMessage } from "../../queue/message_value.ts";
import { type Answering, requireLease } from "./answers.ts";
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

/** Reads what a step gave in an earlier try. */
export function stepOf(
  sql: Sql,
  job: number,
  name: string,
): Pick<WrittenMessage, "value" | "types"> | undefined {
  return sql.all<{ value: string; types: string | null }>(
    "SELECT value, types FROM job_steps WHERE job = ? AND name = ?",
    job,
    name,
  )[0];
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
