/**
 * Jobs in the store of this process.
 *
 * @module
 */

import type { EmbeddedQueues } from "../embedded_queues.ts";
import { type EmbeddedParts, partsOf } from "../parts.ts";
import { Takers } from "../takers.ts";
import { jobState } from "../tables/jobs.ts";
import { DariError } from "../../../base/errors.ts";
import { hasEnded, type JobOperations } from "../../job/operations.ts";
import type { JobWork } from "../../job/work.ts";
import type { WrittenSchedule } from "../tables/schedules.ts";
import { publishFor } from "../topics/publish_for.ts";
import { CallerJobs, type JobRight } from "./caller_jobs.ts";
import type { JobMethod } from "../../job/job_settings.ts";
import { EmbeddedWork } from "./embedded_work.ts";
import { JobRunner } from "../../job/job_runner.ts";
import { Scheduler } from "./scheduler.ts";
import { declaredSchedules } from "./written_schedule.ts";

/** The jobs of one server, in the store of its queues. */
export class EmbeddedJobs implements AsyncDisposable {
  readonly #parts: EmbeddedParts;
  readonly #methods: ReadonlyMap<string, JobMethod>;
  readonly #waiters: Takers;
  readonly #owned = new AsyncDisposableStack();
  readonly #work: EmbeddedWork;
  readonly #declared: readonly WrittenSchedule[];
  #runner: JobRunner | undefined;
  #scheduler: Scheduler | undefined;

  /**
   * Opens the jobs of a store.
   *
   * @param queues The queues of the store; closing them stays with the caller, after this.
   * @param methods The methods that are jobs.
   * @throws {DariError} `invalid_params` for a schedule that cannot be used.
   * @throws {TypeError} For queues that are no embedded ones.
   */
  static async open(
    queues: EmbeddedQueues,
    methods: ReadonlyMap<string, JobMethod>,
  ): Promise<EmbeddedJobs> {
    const { name, clock } = partsOf(queues);
    const declared = await declaredSchedules(methods.values(), name, clock.now());
    return new EmbeddedJobs(queues, methods, declared);
  }

  private constructor(
    queues: EmbeddedQueues,
    methods: ReadonlyMap<string, JobMethod>,
    declared: readonly WrittenSchedule[],
  ) {
    const { store, steady, pollMs } = this.#parts = partsOf(queues);
    this.#methods = methods;
    this.#declared = declared;
    this.#work = new EmbeddedWork({ ...this.#parts, methods });
    this.#waiters = new Takers({
      look: (jobs) =>
        store.query((sql) =>
          new Map(jobs.map((job) => {
            const outlook = {
              canTake: isOver(sql, Number(job)),
              count: Infinity,
              nextAt: Infinity,
            };
            return [job, outlook];
          }))
        ),
      now: () => steady.today(),
      pollMs,
    });
    const { endListeners } = this.#parts;
    const ended = (jobs: ReadonlySet<number>) => {
      for (const job of jobs) {
        this.#waiters.wake(String(job), Infinity);
        this.#work.tellEnd(job);
      }
    };
    endListeners.add(ended);
    this.#owned.defer(() => void endListeners.delete(ended));
  }

  /**
   * Runs jobs in this thread and puts those of schedules, until this is disposed.
   *
   * @param tell Hears of tries that failed, and of schedules.
   */
  start(tell: (line: string) => void): void {
    const [methods, declared] = [this.#methods, this.#declared];
    const { clock, ended } = this.#parts;
    // A full disk or a busy store is over some time.
    this.#runner ??= this.#owned.use(
      new JobRunner({
        methods: [...methods.values()].filter(({ job }) => job.workers !== "external"),
        ...{ work: this.#work, clock, tell, goesOn: () => !ended.aborted },
        publishing: (...given) => publishFor(this.#parts, ...given),
      }),
    );
    this.#scheduler ??= this.#owned.use(new Scheduler({ ...this.#parts, methods, declared, tell }));
    this.#scheduler.start();
  }

  /**
   * The jobs as somebody uses them.
   *
   * @param caller Their name.
   * @param may Whether they may do something with jobs of others.
   */
  as(caller: string, may: (method: string, right: JobRight) => boolean): JobOperations {
    const { store, writer, clock, audit, ended } = this.#parts;
    const [waiters, methods] = [this.#waiters, this.#methods];
    return new CallerJobs({
      ...{ store, writer, clock, audit, ended, waiters, methods, caller, may },
      scheduled: () => this.#scheduler?.look(),
    });
  }

  /**
   * The jobs as somebody runs them in another process.
   *
   * @param caller Their name; only they can answer what they took.
   */
  work(caller: string): JobWork {
    return new EmbeddedWork({ ...this.#parts, methods: this.#methods, name: caller });
  }

  /** Ends what runs here. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#owned.disposeAsync();
  }
}

/** A job that is not kept any more has ended, and those who wait are told so. */
function isOver(sql: Parameters<typeof jobState>[0], job: number): boolean {
  try {
    return hasEnded(jobState(sql, job).status);
  } catch (error) {
    if (error instanceof DariError) return true;
    throw error;
  }
}
