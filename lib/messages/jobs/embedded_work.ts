/**
 * Jobs of the store as one of those who run them takes and answers them.
 *
 * @module
 */

import type { EmbeddedParts } from "../embedded/parts.ts";
import { extendLease, returnUnseen } from "../embedded/tables/answers.ts";
import { noteProgress, rememberStep, stepOf } from "../embedded/tables/job_steps.ts";
import { failJob, finishJob, jobQueue, scheduledTimes } from "../embedded/tables/jobs.ts";
import type { QueueTransaction } from "../embedded/tables/transaction.ts";
import type { JobFailure, JobLease, JobWork, StoredValue, TakenJob } from "../job/work.ts";
import { readMessage, type WrittenMessage } from "../queue/message_value.ts";
import type { NackResult, TakeOptions } from "../queue/operations.ts";
import { type JobMethod, keepMsOf } from "./job_settings.ts";

/** What {@linkcode EmbeddedWork} works with. */
export interface EmbeddedWorkParts extends Pick<EmbeddedParts, "store" | "group" | "taking"> {
  /** Who takes and answers. */
  readonly name: string;
  /** The methods that are jobs. */
  readonly methods: ReadonlyMap<string, JobMethod>;
}

/** The jobs of a store for one of those who run them. */
export class EmbeddedWork implements JobWork {
  readonly #parts: EmbeddedWorkParts;
  /** Who waits for the end of a job, by its number. */
  readonly #waiting = new Map<number, () => void>();

  /** @param parts The store, and who runs jobs. */
  constructor(parts: EmbeddedWorkParts) {
    this.#parts = parts;
  }

  async take(method: string, options: TakeOptions): Promise<TakenJob[]> {
    const { store, taking, name } = this.#parts;
    const rows = await taking.take(jobQueue(method), options, name);
    if (rows.length === 0) return [];
    const times = await store.query((sql) => scheduledTimes(sql, rows.map(({ number }) => number)));
    return rows.map((row) => ({
      job: row.number,
      method,
      params: () => readMessage(row),
      putBy: row.put_by,
      tries: row.tries,
      lease: row.lease,
      leaseMs: row.leaseMs,
      scheduledAtMs: times.get(row.number),
    }));
  }

  extend(lease: JobLease): Promise<{ readonly endsAtMs: number }> {
    return this.#answer(lease, (transaction, by) => extendLease(transaction, by, undefined));
  }

  async step({ lease, job }: JobLease, name: string): Promise<StoredValue | undefined> {
    const { store, name: holder } = this.#parts;
    return await store.query((sql) => stepOf(sql, { job, name, lease, holder }));
  }

  remember(lease: JobLease, name: string, { value, types, bytes }: WrittenMessage): Promise<void> {
    const written = { job: lease.job, name, value, types, bytes };
    return this.#answer(lease, (transaction, by) => rememberStep(transaction, by, written));
  }

  progress(lease: JobLease, value: WrittenMessage): Promise<void> {
    return this.#answer(
      lease,
      (transaction, by) => noteProgress(transaction, by, lease.job, value),
    );
  }

  finish(lease: JobLease, result: WrittenMessage): Promise<void> {
    const keepMs = keepMsOf(this.#parts.methods.get(lease.method)?.job);
    const done = { job: lease.job, result, keepMs };
    return this.#answer(lease, (transaction, by) => finishJob(transaction, by, done));
  }

  fail(lease: JobLease, failure: JobFailure): Promise<NackResult> {
    const failed = { job: lease.job, ...failure };
    return this.#answer(lease, (transaction, by) => failJob(transaction, by, failed));
  }

  release(lease: JobLease): Promise<void> {
    return this.#answer(lease, (transaction, by) => returnUnseen(transaction, by));
  }

  ended({ job }: JobLease, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.set(job, resolve);
    signal.addEventListener("abort", () => {
      if (this.#waiting.get(job) === resolve) this.#waiting.delete(job);
      reject(signal.reason);
    }, { once: true });
    return promise;
  }

  /** Tells whoever waits for the end of a job in this process. */
  tellEnd(job: number): void {
    this.#waiting.get(job)?.();
  }

  async #answer<T>(
    { method, lease }: JobLease,
    work: (
      transaction: QueueTransaction,
      by: { readonly queue: string; readonly lease: string; readonly holder: string },
    ) => T,
  ): Promise<T> {
    const { group, name: holder } = this.#parts;
    const by = { queue: jobQueue(method), lease, holder };
    return await group.run((transaction) => work(transaction, by));
  }
}
