/**
 * Jobs at the other end of a connection.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { ClientCallOptions } from "../../rpc/client/client_options.ts";
import type {
  EnqueueOptions,
  JobOperations,
  JobPage,
  JobReceipt,
  JobState,
  JobWait,
  NewSchedule,
  ScheduleState,
} from "../job/operations.ts";
import { defined, type QueueCaller } from "./remote_queues.ts";

/**
 * The jobs of the server that a client is connected to: what `client.enqueue` works with.
 *
 * @example
 * ```ts
 * import { RemoteJobs } from "@dari/dari/messages";
 * import { assertEquals } from "@std/assert";
 *
 * const client = { call: () => Promise.resolve({ jobs: [] }) };
 * assertEquals(await new RemoteJobs(client).list(), []);
 * ```
 */
export class RemoteJobs implements JobOperations {
  readonly #client: QueueCaller;

  /**
   * Makes them.
   *
   * @param client The client; closing it stays with the caller.
   */
  constructor(client: QueueCaller) {
    this.#client = client;
  }

  async enqueue(
    method: string,
    params: unknown,
    options: EnqueueOptions = {},
  ): Promise<JobReceipt> {
    const given = { method, ...defined({ params }), ...defined(options) };
    return await this.#call("enqueue", given) as JobReceipt;
  }

  async show(job: number): Promise<JobState> {
    return await this.#call("show", { job }, { idempotent: true }) as JobState;
  }

  async wait(job: number, { waitMs = 0, signal }: JobWait = {}): Promise<JobState> {
    const timeoutMs = Math.min(limits.callTimeoutMs + waitMs, limits.maxCallTimeoutMs);
    const given = { timeoutMs, idempotent: true, ...(signal && { signal }) };
    return await this.#call("wait", { job, waitMs }, given) as JobState;
  }

  async list(page: JobPage = {}): Promise<JobState[]> {
    return (await this.#call("list", defined(page)) as { jobs: JobState[] }).jobs;
  }

  async cancel(job: number): Promise<JobState> {
    return await this.#call("cancel", { job }) as JobState;
  }

  async retry(job: number): Promise<JobState> {
    return await this.#call("retry", { job }) as JobState;
  }

  async schedule(method: string, schedule: NewSchedule): Promise<ScheduleState> {
    return await this.#call("schedule", { method, ...defined(schedule) }) as ScheduleState;
  }

  async schedules(page: Omit<JobPage, "status"> = {}): Promise<ScheduleState[]> {
    const { schedules } = await this.#call("schedules", defined(page)) as {
      schedules: ScheduleState[];
    };
    return schedules;
  }

  async unschedule(schedule: number): Promise<ScheduleState> {
    return await this.#call("unschedule", { schedule }) as ScheduleState;
  }

  #call(name: string, params: unknown, options?: ClientCallOptions): Promise<unknown> {
    return this.#client.call(`rpc.job.${name}`, params, options);
  }
}
