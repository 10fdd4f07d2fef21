/**
 * Jobs of the store as one caller uses them.
 *
 * @module
 */

import { after } from "../../../base/abort.ts";
import type { Clock } from "../../../base/clock.ts";
import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import type { SqliteStore } from "../../../store/store.ts";
import { checkedMessages } from "../tables/checked.ts";
import type { QueueAudit } from "../embedded_options.ts";
import { recordChange } from "../record_change.ts";
import { jobState, listJobs, methodsWithJobs } from "../tables/jobs.ts";
import { findSchedule, listSchedules } from "../tables/schedules.ts";
import type { Takers } from "../takers.ts";
import {
  type EnqueueOptions,
  hasEnded,
  type JobOperations,
  type JobPage,
  type JobReceipt,
  type JobState,
  type JobWait,
  type NewSchedule,
  type ScheduleState,
} from "../../job/operations.ts";
import {
  checkEnqueue,
  checkJob,
  checkJobPage,
  checkJobParams,
  checkJobWait,
  checkScheduleNumber,
} from "../../job/params.ts";
import type { MessageWriter } from "../../operation/writer.ts";
import { described } from "../../queue/names.ts";
import { type JobMethod, keepMsOf, queueSettingsOf } from "../../job/job_settings.ts";
import { writtenSchedule } from "./written_schedule.ts";

/** What somebody may do with jobs of others. */
export type JobRight = "show" | "manage" | "work";

/** What {@linkcode CallerJobs} work with. */
export interface CallerJobsParts {
  readonly store: Pick<SqliteStore, "query">;
  readonly writer: MessageWriter;
  readonly clock: Clock;
  /** Hears what is done to jobs of others. */
  readonly audit: QueueAudit | undefined;
  /** Those who wait for the end of jobs. */
  readonly waiters: Takers;
  /** Ends all waits. */
  readonly ended: AbortSignal;
  /** The methods that are jobs. */
  readonly methods: ReadonlyMap<string, JobMethod>;
  /** The name of the caller. */
  readonly caller: string;
  /** Whether they may do something with jobs of others. */
  readonly may: (method: string, right: JobRight) => boolean;
  /** Hears that schedules have changed. */
  readonly scheduled: () => void;
}

/** What one caller can do with jobs. */
export class CallerJobs implements JobOperations {
  readonly #parts: CallerJobsParts;

  /** @param parts The store, the methods, and who calls. */
  constructor(parts: CallerJobsParts) {
    this.#parts = parts;
  }

  async enqueue(name: string, params: unknown, given?: EnqueueOptions): Promise<JobReceipt> {
    const { writer, caller } = this.#parts;
    const method = this.#method(name);
    const options = checkEnqueue(given);
    checkJobParams(params);
    const checked = await method.checkParams(params);
    const key = method.job.key?.(checked as never);
    // What the schema made of the params is made again when the job runs.
    const value = params ?? null;
    const [message] = checkedMessages([{ ...options, value, ...(key !== undefined && { key }) }]);
    const job = { method: name, message: message!, settings: queueSettingsOf(method.job) };
    return await writer.write("job.put", caller, job, message!.bytes);
  }

  async show(job: number): Promise<JobState> {
    return await this.#look(checkJob(job), "show");
  }

  async wait(job: number, given?: JobWait): Promise<JobState> {
    const number = checkJob(job);
    const { waitMs = 0, signal } = checkJobWait(given);
    const endsAtMs = this.#parts.clock.monotonic() + waitMs;
    for (;;) {
      signal?.throwIfAborted();
      const state = await this.#look(number, "show");
      const leftMs = endsAtMs - this.#parts.clock.monotonic();
      if (hasEnded(state.status) || leftMs <= 0) return state;
      await this.#end(number, leftMs, signal);
    }
  }

  async list(given?: JobPage): Promise<JobState[]> {
    const page = checkJobPage(given, ["status"]);
    const { after = 0, limit = limits.deadLetterPage, method, status } = page;
    const { store, may, caller: owner } = this.#parts;
    return await store.query((sql) => {
      const methods = methodsWithJobs(sql).filter((method) => may(method, "show"));
      return listJobs(sql, { after, limit, method, status, methods, owner });
    });
  }

  async cancel(job: number): Promise<JobState> {
    const state = await this.#look(checkJob(job), "manage");
    await this.#record("job.cancelled", state);
    const { writer, caller, methods } = this.#parts;
    const keepMs = keepMsOf(methods.get(state.method)?.job);
    return await writer.write("job.cancel", caller, { job, keepMs });
  }

  async retry(job: number): Promise<JobState> {
    await this.#record("job.retried", await this.#look(checkJob(job), "manage"));
    return await this.#parts.writer.write("job.retry", this.#parts.caller, { job });
  }

  async schedule(name: string, schedule: NewSchedule): Promise<ScheduleState> {
    const { writer, clock, caller: putBy, scheduled } = this.#parts;
    const method = this.#method(name);
    this.#require(name, "manage");
    const written = await writtenSchedule(method, { schedule, putBy, nowMs: clock.now() });
    await recordChange(this.#parts, "job.scheduled", name, { name: written.name });
    const state = await writer.write("schedule.put", putBy, { schedule: written });
    scheduled();
    return state;
  }

  async schedules(given?: JobPage): Promise<ScheduleState[]> {
    const { after = 0, limit = limits.deadLetterPage, method } = checkJobPage(given);
    const { store, may, caller: owner } = this.#parts;
    const mayShow = (method: string) => may(method, "show");
    return await store.query((sql) => listSchedules(sql, { after, limit, method, mayShow, owner }));
  }

  async unschedule(schedule: number): Promise<ScheduleState> {
    const { store, writer, methods, caller } = this.#parts;
    const number = checkScheduleNumber(schedule);
    const state = await store.query((sql) => findSchedule(sql, number));
    this.#require(state.method, "manage");
    if (state.isDeclared && methods.get(state.method)?.job.schedule !== undefined) {
      const message = `Schedule ${number} is one that "${state.method}" declares: change it there`;
      throw new DariError("failed_precondition", message, { retryable: false });
    }
    await recordChange(this.#parts, "job.unscheduled", state.method, { name: state.name });
    await writer.write("schedule.remove", caller, { schedule: number });
    return state;
  }

  #method(name: string): JobMethod {
    const method = this.#parts.methods.get(name);
    if (method !== undefined) return method;
    const message = `There is no method ${described(name)} that is a job`;
    throw new DariError("method_not_found", message);
  }

  #require(method: string, right: JobRight): void {
    if (this.#parts.may(method, right)) return;
    throw new DariError("permission_denied", `That needs the right job:${method}.${right}`);
  }

  async #look(job: number, right: JobRight): Promise<JobState> {
    const { store, caller, may } = this.#parts;
    const state = await store.query((sql) => jobState(sql, job));
    if (state.putBy === caller || may(state.method, right)) return state;
    // The runner of a job has to know whether it was cancelled.
    if (right === "show" && may(state.method, "work")) return state;
    throw new DariError("permission_denied", `Job ${job} is somebody else's`);
  }

  async #record(kind: string, { job, method, putBy }: JobState): Promise<void> {
    if (putBy === this.#parts.caller) return;
    await recordChange(this.#parts, kind, String(job), { method, putBy });
  }

  /** Waits until the job may have ended, or the time is over. */
  async #end(job: number, leftMs: number, signal: AbortSignal | undefined): Promise<void> {
    const { waiters, ended } = this.#parts;
    const over = new AbortController();
    const forget = after(leftMs, () => over.abort());
    const signals = [over.signal, ended, ...(signal === undefined ? [] : [signal])];
    try {
      await waiters.wait(String(job), AbortSignal.any(signals), Infinity);
    } catch (error) {
      if (!(over.signal.aborted && error === over.signal.reason)) throw error;
    } finally {
      forget();
    }
  }
}
