/**
 * A job that was put, as the program that put it sees it.
 *
 * @module
 */

import { DariError, type ErrorCode, errorTable } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { hasEnded, type JobOperations, type JobState } from "./operations.ts";

/** What can be done with one job. */
type JobAccess = Pick<JobOperations, "show" | "wait" | "cancel" | "retry">;

/**
 * A job that was put: its state, its end, and a way to cancel it.
 *
 * @example
 * ```ts
 * import { connect, listenMemory, method, serve } from "@dari/dari";
 * import { EmbeddedQueues } from "@dari/dari/messages";
 * import { openSqliteStore } from "@dari/dari/store";
 * import { assertEquals } from "@std/assert";
 *
 * const methods = {
 *   add: method({ job: { retries: 2 }, handler: ({ a, b }: { a: number; b: number }) => a + b }),
 * };
 * const directory = await Deno.makeTempDir();
 * {
 *   await using store = await openSqliteStore(`${directory}/dari.db`);
 *   await using queues = new EmbeddedQueues(store);
 *   const memory = listenMemory();
 *   await using server = await serve({ listen: memory, methods, queues });
 *   await using client = await connect<typeof methods>(memory);
 *   const job = await client.enqueue("add", { a: 10, b: 20 });
 *   assertEquals(await job.wait(), 30);
 * }
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export class JobHandle<Result = unknown> {
  /** The number of the job; `server.job(number)` and `client.job(number)` give its handle again. */
  readonly job: number;
  /** Whether a job with its id was there before: then this is the handle of that one. */
  readonly isDuplicate: boolean;
  readonly #operations: JobAccess;

  /**
   * Makes the handle of a job.
   *
   * @param operations What can be done with jobs.
   * @param job Its number.
   * @param isDuplicate Whether it was there before.
   */
  constructor(
    operations: JobAccess,
    job: number,
    isDuplicate: boolean = false,
  ) {
    this.#operations = operations;
    this.job = job;
    this.isDuplicate = isDuplicate;
  }

  /** Looks at the job. @throws {DariError} `not_found` once it is not kept any more. */
  state(): Promise<JobState> {
    return this.#operations.show(this.job);
  }

  /**
   * Waits for the end of the job.
   *
   * @param options The signal ends the wait, and not the job.
   * @returns What its handler returned.
   * @throws {DariError} Why it failed, with the code that its handler threw; `cancelled`; `not_found`
   * once it is not kept any more.
   * @throws The signal's reason.
   */
  async wait({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<Result> {
    for (;;) {
      signal?.throwIfAborted();
      const waiting = { waitMs: limits.workerWaitMs, signal };
      const { status, result, error } = await this.#operations.wait(this.job, waiting);
      if (status === "done") return result as Result;
      if (!hasEnded(status)) continue;
      if (status === "cancelled") throw new DariError("cancelled", `Job ${this.job} was cancelled`);
      const { code = "internal", message = "it failed" } = error ?? {};
      const known = Object.hasOwn(errorTable, code) ? code as ErrorCode : "internal";
      throw new DariError(known, `Job ${this.job} failed: ${message}`, { retryable: false });
    }
  }

  /** Ends the job for good. @throws {DariError} `failed_precondition` when it has ended. */
  cancel(): Promise<JobState> {
    return this.#operations.cancel(this.job);
  }

  /** Tries the job again. @throws {DariError} `failed_precondition` unless it has failed. */
  retry(): Promise<JobState> {
    return this.#operations.retry(this.job);
  }
}
