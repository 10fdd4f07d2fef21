/**
 * Runs jobs in the process that has their methods.
 *
 * @module
 */

import { after, delay } from "../../base/abort.ts";
import { runWithin } from "../../base/context/ambient_call.ts";
import { DeclaredError } from "../../base/declared_error.ts";
import { DariError, errorTable } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Context } from "../../rpc/method/context.ts";
import type { EmbeddedParts } from "../embedded/parts.ts";
import { extendLease, returnUnseen } from "../embedded/tables/answers.ts";
import { failJob, finishJob, jobQueue, scheduledAt } from "../embedded/tables/jobs.ts";
import { noteProgress, rememberStep, stepOf } from "../embedded/tables/job_steps.ts";
import type { TakenRow } from "../embedded/tables/take.ts";
import type { JobError } from "../job/operations.ts";
import { checkStepName } from "../job/params.ts";
import { readMessage, writeMessage } from "../queue/message_value.ts";
import type { NackOptions, NackResult, TakeOptions } from "../queue/operations.ts";
import { DeadMessage, workOn } from "../queue/worker.ts";
import { publishFor } from "../topics/publish_for.ts";
import { JobContext } from "./job_context.ts";
import { type JobMethod, keepMsOf } from "./job_settings.ts";

/** What a {@linkcode JobRunner} works with. */
export interface JobRunnerParts extends EmbeddedParts {
  /** The methods that are jobs. */
  readonly methods: ReadonlyMap<string, JobMethod>;
  /** Hears of tries that failed. */
  readonly tell: (line: string) => void;
}

/** Runs jobs until it is disposed. Handlers are told then, and their jobs wait for the next process. */
export class JobRunner implements AsyncDisposable {
  readonly #parts: JobRunnerParts;
  readonly #stop = new AbortController();
  readonly #loops: Promise<void>[];
  /** What is running here, so that a job that is cancelled hears of it at once. */
  readonly #running = new Map<number, AbortController>();

  /** @param parts The store and the methods. */
  constructor(parts: JobRunnerParts) {
    this.#parts = parts;
    this.#loops = [...parts.methods.values()].map((method) => this.#runAll(method));
  }

  /** Tells the handler of a job that has ended otherwise. */
  ended(job: number): void {
    this.#running.get(job)?.abort(new DariError("cancelled", `Job ${job} has ended`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new DariError("unavailable", "The server stops"));
    await Promise.all(this.#loops);
  }

  /** A full disk or a busy store is over some time. */
  async #runAll(method: JobMethod): Promise<void> {
    const { signal } = this.#stop;
    const { concurrency } = method.job;
    const { ended, tell } = this.#parts;
    while (!signal.aborted && !ended.aborted) {
      try {
        await workOn(
          (options) => this.#take(method, options),
          (job, lost) => job.run(lost),
          { concurrency, signal, onError: () => {} },
        );
      } catch (error) {
        if (signal.aborted || ended.aborted) return;
        tell(`Jobs of "${method.name}" cannot be taken: ${reasonOf(error)}`);
        await delay(limits.workerRetryMs, { signal }).catch(() => {});
      }
    }
  }

  async #take(method: JobMethod, options: TakeOptions): Promise<JobMessage[]> {
    const { taking, name } = this.#parts;
    const running = { jobs: this.#running, stop: this.#stop.signal };
    const rows = await taking.take(jobQueue(method.name), options, name);
    return rows.map((row) => new JobMessage(this.#parts, method, row, running));
  }
}

/** What runs in this process. */
interface Running {
  readonly jobs: Map<number, AbortController>;
  /** Ends all of it. */
  readonly stop: AbortSignal;
}

/** One try of a job, as a worker has it. */
class JobMessage {
  readonly leaseMs: number;
  // A worker passes these on without their object.
  readonly ack: () => Promise<void>;
  readonly nack: (options?: NackOptions) => Promise<NackResult>;
  readonly extend: () => Promise<unknown>;
  readonly run: (lost: AbortSignal) => Promise<void>;

  constructor(
    parts: JobRunnerParts,
    method: JobMethod,
    row: TakenRow,
    { jobs, stop }: Running,
  ) {
    const { group, store, clock, name, tell } = parts;
    const { number: job, tries, leaseMs } = row;
    const answering = { queue: jobQueue(method.name), lease: row.lease, holder: name };
    const { timeoutMs = limits.jobTimeoutMs } = method.job;
    let result = writeMessage(null);
    let error: JobError = { code: "internal", message: "Internal error" };
    const step: Context["step"] = async (given, work) => {
      const name = checkStepName(given);
      const known = await store.query((sql) => stepOf(sql, job, name));
      if (known !== undefined) return readMessage(known) as never;
      const value = await work();
      const written = { job, name, ...writeMessage(value) };
      await group.run((transaction) => rememberStep(transaction, answering, written));
      return value;
    };
    const progress: Context["progress"] = async (value) => {
      const written = writeMessage(value);
      await group.run((transaction) => noteProgress(transaction, answering, job, written));
    };
    this.leaseMs = leaseMs;
    this.run = async (lost) => {
      const ending = new AbortController();
      jobs.set(job, ending);
      const late = new DariError("deadline_exceeded", `It took longer than ${timeoutMs} ms`);
      const forget = after(timeoutMs, () => ending.abort(late));
      const signal = AbortSignal.any([lost, ending.signal]);
      const deadline = clock.now() + timeoutMs;
      const by = row.put_by;
      try {
        const scheduledAtMs = await store.query((sql) => scheduledAt(sql, job));
        const context = new JobContext({
          ...{ job, method: method.name, by, signal, deadline, scheduledAtMs, step, progress },
          publish: (topic, value, options) => publishFor(parts, by, topic, value, options),
          now: () => clock.now(),
        });
        const returned = await orAborted(handle(method, readMessage(row), context), signal);
        result = writeMessage(await method.checkResult(returned));
      } catch (thrown) {
        error = publicForm(thrown);
        if (!stop.aborted) {
          tell(`Job ${job} of "${method.name}" failed at try ${tries}: ${reasonOf(thrown)}`);
        }
        throw thrown;
      } finally {
        forget();
        jobs.delete(job);
      }
    };
    this.ack = async () => {
      const done = { job, result, tries, keepMs: keepMsOf(method.job) };
      await group.run((transaction) => finishJob(transaction, answering, done));
    };
    this.nack = async ({ reason = "", dead = false, delayMs } = {}) => {
      if (stop.aborted) {
        // It did not fail: a server that stops and starts again uses no try up.
        await group.run((transaction) => returnUnseen(transaction, answering));
        return { isDead: false };
      }
      const failure = { job, error, reason, dead, delayMs };
      return await group.run((transaction) => failJob(transaction, answering, failure));
    };
    this.extend = () => group.run((transaction) => extendLease(transaction, answering, undefined));
  }
}

async function handle(
  method: JobMethod,
  params: unknown,
  context: JobContext,
): Promise<unknown> {
  const checked = await method.checkParams(params ?? undefined);
  return await (method.mayMakeCalls
    ? runWithin(context, method.handler, checked)
    : method.handler(checked, context));
}

/** A handler that does not hear its signal is left alone: it must not hold up the jobs behind it. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort);
  work.catch(() => {}); // it may fail when nobody waits for it any more
  return Promise.race([work, promise]).finally(() => signal.removeEventListener("abort", abort));
}

/** What the owner of a job may know of an error; everything else stays in this process. */
function publicForm(error: unknown): JobError {
  if (error instanceof DeadMessage) return { code: "failed_precondition", message: error.message };
  const isTold = error instanceof DeclaredError ||
    (error instanceof DariError && errorTable[error.code].public);
  if (isTold) return { code: error.code, message: error.message };
  return { code: "internal", message: "Internal error" };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
