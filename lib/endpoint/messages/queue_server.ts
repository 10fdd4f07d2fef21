/**
 * A server with its queues, topics and jobs.
 *
 * @module
 */

import type { Queue } from "../../messages/queue/queue.ts";
import { JobHandle } from "../../messages/job/job_handle.ts";
import type { EnqueueOptions, NewSchedule, ScheduleState } from "../../messages/job/operations.ts";
import type { JobSource } from "../../messages/wire/job_source.ts";
import type { Topic } from "../../messages/topic/topic.ts";
import type { TopicSource } from "../../messages/wire/topic_source.ts";
import type { QueueSource } from "../../messages/wire/queue_source.ts";
import { Server } from "../../rpc/server/server.ts";
import type { ServerOptions, SharedBounds } from "../../rpc/server/server_options.ts";

/**
 * What `serve` gives: a {@linkcode Server} that hands out its queues, topics and jobs.
 *
 * @example
 * ```ts
 * import { listenMemory, serve } from "@dari/dari";
 * import { EmbeddedQueues } from "@dari/dari/messages";
 * import { openSqliteStore } from "@dari/dari/store";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir();
 * {
 *   await using store = await openSqliteStore(`${directory}/dari.db`);
 *   await using queues = new EmbeddedQueues(store);
 *   await using server = await serve({ listen: listenMemory(), methods: {}, queues });
 *   const receipt = await server.queue<string>("emails").put("alice@example.com");
 *   assertEquals(receipt.isDuplicate, false);
 * }
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export class QueueServer extends Server {
  readonly #queues: QueueSource | undefined;
  readonly #jobs: JobSource | undefined;
  readonly #topics: TopicSource | undefined;

  /**
   * Makes a server that listens nowhere yet.
   *
   * @param options What a {@linkcode Server} is made of, its queues, topics and jobs.
   * @param shared What it shares with other servers.
   */
  constructor(
    options: ServerOptions & {
      readonly queues?: QueueSource | undefined;
      readonly jobs?: JobSource | undefined;
      readonly topics?: TopicSource | undefined;
    },
    shared?: SharedBounds,
  ) {
    super(options, shared);
    this.#queues = options.queues;
    this.#jobs = options.jobs;
    this.#topics = options.topics;
  }

  /**
   * A queue as this program itself uses it, with every right.
   *
   * @param name Its name: 1 to 128 of `A-Z a-z 0-9 _ -`. It is made with its first message.
   * @returns The queue.
   * @throws {TypeError} When the server was started without queues.
   * @throws {DariError} `invalid_params` for a name that cannot be one.
   */
  queue<T = unknown>(name: string): Queue<T> {
    if (this.#queues !== undefined) return this.#queues.queue<T>(name);
    throw new TypeError("The server has no queues: start it by serve({ queues })");
  }

  /**
   * A topic, or a part of one, as this program itself uses it, with every right.
   *
   * @param name Its name, `orders` or `orders.42.paid`, or a pattern, `orders.*.paid` or `orders.>`.
   * @returns The topic.
   * @throws {TypeError} When the server was started without queues.
   * @throws {DariError} `invalid_params` for a name that cannot be one.
   */
  topic<T = unknown>(name: string): Topic<T> {
    if (this.#topics !== undefined) return this.#topics.topic<T>(name);
    throw new TypeError("The server has no topics: start it by serve({ queues }), from a store");
  }

  /**
   * Has a method run as a job, as this program itself.
   *
   * @param method Its name; it says `job: {}`.
   * @param params Its params.
   * @param options Id, priority and delay.
   * @returns A handle.
   * @throws {TypeError} When the server has no queues, or none of its methods is a job.
   * @throws {DariError} `method_not_found` for a method that is no job, `invalid_params`.
   */
  async enqueue<Result = unknown>(
    method: string,
    params?: unknown,
    options?: EnqueueOptions,
  ): Promise<JobHandle<Result>> {
    const jobs = this.#ownJobs();
    const { job, isDuplicate } = await jobs.enqueue(method, params, options);
    return new JobHandle(jobs, job, isDuplicate);
  }

  /**
   * Has a method run by itself, as this program itself.
   *
   * @param method Its name; it says `job: {}`.
   * @param schedule Its name and its times. A schedule of the method with this name is replaced.
   * @returns How it stands: its number, and when it comes next.
   * @throws {TypeError} When the server has no queues, or none of its methods is a job.
   * @throws {DariError} `method_not_found` for a method that is no job, `invalid_params`.
   */
  async schedule(method: string, schedule: NewSchedule): Promise<ScheduleState> {
    return await this.#ownJobs().schedule(method, schedule);
  }

  /**
   * A job that was put before, by whomever.
   *
   * @param job Its number.
   * @returns Its handle.
   * @throws {TypeError} When the server has no jobs.
   */
  job<Result = unknown>(job: number): JobHandle<Result> {
    return new JobHandle<Result>(this.#ownJobs(), job);
  }

  #ownJobs() {
    if (this.#jobs !== undefined) return this.#jobs.as("server", () => true);
    throw new TypeError("The server has no jobs: serve({ queues }) with a method that is one");
  }
}
