/**
 * A client with what its server keeps for it: queues, topics and jobs.
 *
 * @module
 */

import type { Queue } from "../../messages/queue/queue.ts";
import { JobHandle } from "../../messages/job/job_handle.ts";
import type { EnqueueOptions, NewSchedule, ScheduleState } from "../../messages/job/operations.ts";
import { RemoteJobs } from "../../messages/wire/remote_jobs.ts";
import { queueOf } from "../../messages/wire/remote_queues.ts";
import { topicOf } from "../../messages/wire/remote_topics.ts";
import type { Topic } from "../../messages/topic/topic.ts";
import type { CallArguments, NameOf } from "../../rpc/client/call_arguments.ts";
import { Client } from "../../rpc/client/client.ts";
import type { Methods, ParamsOf, ResultOf } from "../../rpc/method/method.ts";

/**
 * What `connect` gives: a {@linkcode Client} that also reaches the queues, topics and jobs of its server.
 *
 * @example
 * ```ts
 * import { connect, listenMemory, serve } from "@dari/dari";
 * import { EmbeddedQueues } from "@dari/dari/messages";
 * import { openSqliteStore } from "@dari/dari/store";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir();
 * {
 *   await using store = await openSqliteStore(`${directory}/dari.db`);
 *   await using queues = new EmbeddedQueues(store);
 *   const memory = listenMemory();
 *   await using server = await serve({ listen: memory, methods: {}, queues });
 *   await using client = await connect(memory);
 *   await client.queue<string>("emails").put("alice@example.com");
 *   assertEquals((await server.queue<string>("emails").take())?.value, "alice@example.com");
 * }
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export class ConnectedClient<M extends Methods = Methods> extends Client<M> {
  /**
   * A queue of the server. To put and to take needs the rights `queue:NAME.put` and `queue:NAME.take`
   * there.
   *
   * @param name Its name: 1 to 128 of `A-Z a-z 0-9 _ -`. It is made with its first message.
   * @returns The queue.
   * @throws {DariError} `invalid_params` for a name that cannot be one.
   */
  queue<T = unknown>(name: string): Queue<T> {
    return queueOf<T>(this as unknown as Client, name);
  }

  /**
   * A topic of the server, or a part of one. To publish and to subscribe needs the rights
   * `topic:NAME.publish` and `topic:NAME.subscribe` there.
   *
   * @param name Its name, `orders` or `orders.42.paid`, or a pattern, `orders.*.paid` or `orders.>`.
   * @returns The topic.
   * @throws {DariError} `invalid_params` for a name that cannot be one.
   */
  topic<T = unknown>(name: string): Topic<T> {
    return topicOf<T>(this as unknown as Client, name);
  }

  /**
   * Has a method run as a job: once this resolves, the job is on the server's disk, and it runs
   * whether or not this program goes on. The method says `job: {}`.
   *
   * @param method Its name. The right to call it is the right to do this.
   * @param args Its params, by name or by position, and what is said of the job.
   * @returns A handle: where the job stands, its result, a way to cancel it.
   * @throws {RpcError} `invalid_params` for a method that is no job, and for params that do not fit.
   */
  async enqueue<K extends NameOf<M>>(
    method: K,
    ...args: CallArguments<ParamsOf<M[K]>, EnqueueOptions>
  ): Promise<JobHandle<ResultOf<M[K]>>> {
    const [params, options] = args as [unknown, EnqueueOptions | undefined];
    const jobs = new RemoteJobs(this as unknown as Client);
    const { job, isDuplicate } = await jobs.enqueue(method, params, options);
    return new JobHandle(jobs, job, isDuplicate);
  }

  /**
   * Has a method run by itself, from now on: `{ name: "weekly", cron: "0 3 * * MON" }`. That needs the
   * right `job:METHOD.manage`, which is administrative.
   *
   * @param method Its name; it says `job: {}`.
   * @param schedule Its name and its times. A schedule of the method with this name is replaced.
   * @returns How it stands: its number, and when it comes next.
   * @throws {RpcError} `invalid_params` for a method that is no job, and for times that never come.
   */
  schedule<K extends NameOf<M>>(method: K, schedule: NewSchedule): Promise<ScheduleState> {
    return new RemoteJobs(this as unknown as Client).schedule(method, schedule);
  }

  /**
   * A job that was put before, perhaps by another program.
   *
   * @param job Its number.
   * @returns Its handle.
   */
  job<Result = unknown>(job: number): JobHandle<Result> {
    return new JobHandle<Result>(new RemoteJobs(this as unknown as Client), job);
  }
}
