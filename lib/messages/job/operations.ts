/**
 * What can be done with jobs, whatever keeps them. The wire has a method for each (`rpc.job.enqueue` …).
 *
 * @module
 */

import type { JobSchedule } from "../../rpc/method/job.ts";

/** What is said of a job beside its params. */
export interface EnqueueOptions {
  /** Names the job: a second one of its method with this id is not put. */
  readonly id?: string | undefined;
  /** From 0 to 9; a job of a higher priority runs first. @default {0} */
  readonly priority?: number | undefined;
  /** How long it does not run, in milliseconds. @default {0} */
  readonly delayMs?: number | undefined;
}

/** What became of a job that was put. */
export interface JobReceipt {
  /** The number of the job; of one that is a duplicate, the number of the first. */
  readonly job: number;
  /** Whether a job with this id was there, so that no other one was put. */
  readonly isDuplicate: boolean;
}

/** Where a job stands. The last three are its end, unless a failed one is tried again. */
export type JobStatus = "waiting" | "delayed" | "running" | "done" | "failed" | "cancelled";

/** All that a job can stand as. */
export const JOB_STATUSES: readonly JobStatus[] = [
  "waiting",
  "delayed",
  "running",
  "done",
  "failed",
  "cancelled",
];

/** Why a try of a job failed, as its owner may know it. */
export interface JobError {
  /** A code of dari's errors. */
  readonly code: string;
  /** What happened. */
  readonly message: string;
}

/** A job as it stands. */
export interface JobState {
  /** Its number. */
  readonly job: number;
  /** Its method. */
  readonly method: string;
  /** Where it stands. */
  readonly status: JobStatus;
  /** The name of the principal that put it. */
  readonly putBy: string;
  /** When it was put, in milliseconds since the epoch. */
  readonly putAtMs: number;
  /** The time at which a schedule had it run, in milliseconds since the epoch. */
  readonly scheduledAtMs?: number;
  /** How often it was tried. */
  readonly tries: number;
  /** What its handler said last of how far it is. */
  readonly progress?: unknown;
  /** What its handler returned, where it is done. */
  readonly result?: unknown;
  /** Why the last try failed. */
  readonly error?: JobError;
  /** When it ended, in milliseconds since the epoch. */
  readonly endedAtMs?: number;
}

/** Which jobs are listed. */
export interface JobPage {
  /** Only those of this method. */
  readonly method?: string | undefined;
  /** Only those that stand so. */
  readonly status?: JobStatus | undefined;
  /** Only those with a greater number. @default {0} */
  readonly after?: number | undefined;
  /** How many at most. @default {100} */
  readonly limit?: number | undefined;
}

/** How long an end is waited for. */
export interface JobWait {
  /** In milliseconds. @default {0} */
  readonly waitMs?: number | undefined;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

/** A schedule that somebody puts: when a method runs by itself. */
export type NewSchedule = Exclude<JobSchedule, string> & {
  /** What it is called among those of its method: 1 to 128 of `A-Z a-z 0-9 _ -`. */
  readonly name: string;
};

/** A schedule as it stands. */
export interface ScheduleState {
  /** Its number. */
  readonly schedule: number;
  /** The method that it has run. */
  readonly method: string;
  /** What it is called; the place among those that the method declares. */
  readonly name: string;
  /** Whether the method declares it, so that nobody put it. */
  readonly isDeclared: boolean;
  /** The name of the principal that put it; the jobs are theirs. */
  readonly putBy: string;
  /** The cron pattern, where it has one. */
  readonly cron?: string;
  /** The time zone of the pattern. */
  readonly timeZone?: string;
  /** The pause from one run to the next, where it is an interval. */
  readonly everyMs?: number;
  /** What becomes of times that came while no server ran. */
  readonly missed: "skip" | "once" | "all";
  /** The params of each run. */
  readonly params: unknown;
  /** When it comes next, in milliseconds since the epoch; `null` where it never will. */
  readonly nextAtMs: number | null;
  /** The time that was run last. */
  readonly lastAtMs?: number;
  /** The job of that time. */
  readonly lastJob?: number;
}

/** What can be done with jobs. Each fails with a `DariError`. */
export interface JobOperations {
  /**
   * Puts a job. Once it resolves, the job is on disk.
   *
   * @throws {DariError} `method_not_found` for a method that is no job, `invalid_params`.
   */
  enqueue(method: string, params: unknown, options?: EnqueueOptions): Promise<JobReceipt>;
  /** Looks at a job. @throws {DariError} `not_found` for one that is not there, or no more. */
  show(job: number): Promise<JobState>;
  /** Looks at a job once it has ended, or the time is over. Fails as `show` does. */
  wait(job: number, options?: JobWait): Promise<JobState>;
  /** Lists the jobs that the caller may look at, in the order of their numbers. */
  list(page?: JobPage): Promise<JobState[]>;
  /**
   * Ends a job for good. Its handler is told by its signal.
   *
   * @throws {DariError} `failed_precondition` for one that is done or cancelled.
   */
  cancel(job: number): Promise<JobState>;
  /**
   * Tries a job again that has failed; its tries are counted anew, and its steps are remembered.
   *
   * @throws {DariError} `failed_precondition` for one that has not failed.
   */
  retry(job: number): Promise<JobState>;
  /**
   * Has a method run by itself. A schedule of the method with the same name is replaced.
   *
   * @throws {DariError} `invalid_params`; `resource_exhausted` where there are too many.
   */
  schedule(method: string, schedule: NewSchedule): Promise<ScheduleState>;
  /** Lists the schedules that the caller may look at, in the order of their numbers. */
  schedules(page?: Omit<JobPage, "status">): Promise<ScheduleState[]>;
  /**
   * Removes a schedule. Jobs that it has put stay.
   *
   * @throws {DariError} `not_found`; `failed_precondition` for one that the method declares.
   */
  unschedule(schedule: number): Promise<ScheduleState>;
}

/**
 * Whether a job has ended.
 *
 * @param status Where it stands.
 *
 * @example
 * ```ts
 * import { hasEnded } from "@dari/dari/messages";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([hasEnded("running"), hasEnded("failed")], [false, true]);
 * ```
 */
export function hasEnded(status: JobStatus): boolean {
  return status === "done" || status === "failed" || status === "cancelled";
}
