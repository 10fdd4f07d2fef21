/**
 * Runs jobs in the process that has their methods.
 *
 * @module
 */

import { delay } from "../../base/abort.ts";
import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Publishing } from "../../rpc/method/publishing.ts";
import type { JobWork } from "./work.ts";
import type { TakeOptions } from "../queue/operations.ts";
import { workOn } from "../queue/worker.ts";
import type { JobMethod } from "./job_settings.ts";
import { JobTry } from "./job_try.ts";

/** What a {@linkcode JobRunner} works with. */
export interface JobRunnerParts {
  /** The methods whose jobs are run. */
  readonly methods: Iterable<JobMethod>;
  /** Where jobs are taken and answered. */
  readonly work: JobWork;
  readonly clock: Clock;
  /** Publishes what handlers publish. */
  readonly publishing: Publishing;
  /** How many jobs of a method run at once. @default {what the method says} */
  readonly concurrency?: number | undefined;
  /** Hears of tries that failed. */
  readonly tell: (line: string) => void;
  /** Whether to try again after a take failed; otherwise the runner fails. */
  readonly goesOn: (error: unknown) => boolean;
}

/** Runs jobs until it is disposed. Handlers are told then, and their jobs wait for the next process. */
export class JobRunner implements AsyncDisposable {
  readonly #parts: JobRunnerParts;
  readonly #stop = new AbortController();
  readonly #draining = new AbortController();
  readonly #loops: Promise<void>[];
  /** Jobs that are running. */
  #running = 0;
  /** Whether takes fail, which is told once. */
  #isCutOff = false;

  /** @param parts The methods, and where their jobs are. */
  constructor(parts: JobRunnerParts) {
    this.#parts = parts;
    this.#loops = [...parts.methods].map((method) => this.#runAll(method));
    for (const loop of this.#loops) loop.catch(() => this.#draining.abort());
  }

  /** How many jobs are running. */
  get running(): number {
    return this.#running;
  }

  /**
   * Resolves once nothing runs any more: after {@linkcode drain}, or when this is disposed.
   *
   * @throws What a take failed with, where trying again does not help.
   */
  async ended(): Promise<void> {
    await Promise.all(this.#loops);
  }

  /** Takes no more jobs; those that are running go on. */
  drain(): void {
    this.#draining.abort(stopping());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(stopping());
    await Promise.allSettled(this.#loops);
  }

  async #runAll(method: JobMethod): Promise<void> {
    const [{ signal }, { signal: draining }] = [this.#stop, this.#draining];
    const { tell, goesOn, concurrency = method.job.concurrency } = this.#parts;
    while (!signal.aborted && !draining.aborted) {
      try {
        await workOn(
          (options) => this.#take(method, options),
          (job, lost) => this.#run(job, lost),
          { concurrency, signal, draining, onError: () => {} },
        );
      } catch (error) {
        if (signal.aborted || draining.aborted) return;
        if (!goesOn(error)) throw error;
        const reason = error instanceof Error ? error.message : String(error);
        tell(`Jobs of "${method.name}" cannot be taken: ${reason}`);
        await delay(limits.workerRetryMs, { signal }).catch(() => {});
      }
    }
  }

  async #take(method: JobMethod, options: TakeOptions): Promise<JobTry[]> {
    const { work, clock, publishing, tell } = this.#parts;
    const { signal: stop } = this.#stop;
    const jobs = await this.#told(work.take(method.name, options), options.signal);
    return jobs.map((taken) => new JobTry({ method, taken, work, clock, publishing, stop, tell }));
  }

  /** Tells when jobs cannot be taken for a while, and when they can again. */
  async #told<T>(taking: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const { tell } = this.#parts;
    try {
      const taken = await taking;
      if (this.#isCutOff) tell("Jobs can be taken again");
      this.#isCutOff = false;
      return taken;
    } catch (error) {
      const isForAWhile = error instanceof DariError && error.retryable && !signal?.aborted;
      if (isForAWhile && !this.#isCutOff) {
        this.#isCutOff = true;
        tell(`No job can be taken for now: ${error.message}`);
      }
      throw error;
    }
  }

  async #run(job: JobTry, lost: AbortSignal): Promise<void> {
    this.#running++;
    try {
      await job.run(lost);
    } finally {
      this.#running--;
    }
  }
}

function stopping(): DariError {
  return new DariError("unavailable", "The server stops");
}
