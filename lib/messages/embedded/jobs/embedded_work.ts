/**
 * Jobs of the store as one of those who run them takes and answers them.
 *
 * @module
 */

import type { EmbeddedParts } from "../parts.ts";
import { stepOf } from "../tables/job_steps.ts";
import { jobQueue, scheduledTimes } from "../tables/jobs.ts";
import type { JobFailure, JobLease, JobWork, StoredValue, TakenJob } from "../../job/work.ts";
import { readMessage, type WrittenMessage } from "../../queue/message_value.ts";
import type { NackResult, TakeOptions } from "../../queue/operations.ts";
import { type JobMethod, keepMsOf } from "../../job/job_settings.ts";

/** What {@linkcode EmbeddedWork} works with. */
export interface EmbeddedWorkParts extends Pick<EmbeddedParts, "store" | "writer" | "taking"> {
  /** The name of the runner. */
  readonly name: string;
  /** The methods that are jobs. */
  readonly methods: ReadonlyMap<string, JobMethod>;
}

/** The jobs of a store for one of those who run them. */
export class EmbeddedWork implements JobWork {
  readonly #parts: EmbeddedWorkParts;
  /** Those that wait for the end of a job, by its number. */
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
    const { writer, name } = this.#parts;
    return writer.write("queue.extend", name, queueLease(lease));
  }

  async step({ lease, job }: JobLease, name: string): Promise<StoredValue | undefined> {
    const { store, name: holder } = this.#parts;
    return await store.query((sql) => stepOf(sql, { job, name, lease, holder }));
  }

  remember(lease: JobLease, step: string, given: WrittenMessage): Promise<void> {
    const { writer, name } = this.#parts;
    return writer.write("job.step", name, { ...leaseOf(lease), name: step, given }, given.bytes);
  }

  progress(lease: JobLease, progress: WrittenMessage): Promise<void> {
    const { writer, name } = this.#parts;
    return writer.write("job.progress", name, { ...leaseOf(lease), progress }, progress.bytes);
  }

  finish(lease: JobLease, result: WrittenMessage): Promise<void> {
    const { writer, name, methods } = this.#parts;
    const keepMs = keepMsOf(methods.get(lease.method)?.job);
    return writer.write("job.finish", name, { ...leaseOf(lease), result, keepMs }, result.bytes);
  }

  fail(lease: JobLease, { error, delayMs, reason, dead }: JobFailure): Promise<NackResult> {
    const { writer, name } = this.#parts;
    return writer.write("job.fail", name, { ...leaseOf(lease), error, delayMs, reason, dead });
  }

  release(lease: JobLease): Promise<void> {
    const { writer, name } = this.#parts;
    return writer.write("queue.giveBack", name, queueLease(lease));
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

  /** Tells those in this process that wait for the end of a job. */
  tellEnd(job: number): void {
    this.#waiting.get(job)?.();
  }
}

/** A lease without what only the taker of a job needs. */
function leaseOf({ job, method, lease }: JobLease): JobLease {
  return { job, method, lease };
}

function queueLease({ method, lease }: JobLease) {
  return { queue: jobQueue(method), lease };
}
