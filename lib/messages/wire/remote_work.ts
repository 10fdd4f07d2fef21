/**
 * Jobs at the other end of a connection, for a process that runs them.
 *
 * @module
 */

import { delay } from "../../base/abort.ts";
import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Publishing } from "../../rpc/method/publishing.ts";
import { hasEnded } from "../job/operations.ts";
import type { JobFailure, JobLease, JobWork, StoredValue, TakenJob } from "../job/work.ts";
import { readMessage, writeMessage, type WrittenMessage } from "../queue/message_value.ts";
import type { NackResult, TakeOptions } from "../queue/operations.ts";
import { RemoteJobs } from "./remote_jobs.ts";
import { defined, type QueueCaller } from "./remote_queues.ts";
import { RemoteTopics, type TopicCaller } from "./remote_topics.ts";

/** A job as `rpc.job.take` gives it. */
type SentJob = Omit<TakenJob, "params"> & { readonly params: unknown };

/** The jobs of a server for a process that runs them. Answers are tried as long as a lease lasts. */
export class RemoteWork implements JobWork {
  readonly #client: QueueCaller;
  readonly #clock: Clock;
  readonly #retryMs: number;

  /**
   * @param client The client; closing it stays with the caller.
   * @param clock Where the time comes from.
   * @param retryMs The pause before an answer is tried again, in milliseconds.
   */
  constructor(client: QueueCaller, clock: Clock, retryMs: number = limits.workerRetryMs) {
    this.#client = client;
    this.#clock = clock;
    this.#retryMs = retryMs;
  }

  async take(method: string, { signal, ...options }: TakeOptions): Promise<TakenJob[]> {
    const { waitMs = 0 } = options;
    // The server answers before the call's own deadline, also where it waits for long.
    const timeoutMs = Math.min(limits.callTimeoutMs + waitMs, limits.maxCallTimeoutMs);
    const given = { method, ...defined(options) };
    const { jobs } = await this.#client.call("rpc.job.take", given, {
      timeoutMs,
      ...(signal && { signal }),
    }) as { jobs: SentJob[] };
    return jobs.map(({ params, ...job }) => ({ ...job, params: () => params }));
  }

  extend(lease: JobLease): Promise<unknown> {
    return this.#call("extend", lease);
  }

  async step(lease: JobLease, name: string): Promise<StoredValue | undefined> {
    const known = await this.#answer("step", lease, { name });
    const { isDone, value } = known as { isDone: boolean; value?: unknown };
    return isDone ? writeMessage(value) : undefined;
  }

  async remember(lease: JobLease, name: string, value: WrittenMessage): Promise<void> {
    await this.#answer("remember", lease, { name, value: readMessage(value) });
  }

  async progress(lease: JobLease, value: WrittenMessage): Promise<void> {
    await this.#answer("progress", lease, { value: readMessage(value) });
  }

  async finish(lease: JobLease, result: WrittenMessage): Promise<void> {
    await this.#answer("finish", lease, { result: readMessage(result) });
  }

  async fail(lease: JobLease, failure: JobFailure): Promise<NackResult> {
    return await this.#answer("fail", lease, defined(failure)) as NackResult;
  }

  async release(lease: JobLease): Promise<void> {
    await this.#answer("release", lease);
  }

  async ended({ job }: JobLease, signal: AbortSignal): Promise<void> {
    const jobs = new RemoteJobs(this.#client);
    for (;;) {
      signal.throwIfAborted();
      try {
        const { status } = await jobs.wait(job, { waitMs: limits.workerWaitMs, signal });
        if (hasEnded(status)) return;
      } catch (error) {
        if (error instanceof DariError && error.code === "not_found") return; // and kept no more
        if (!mayHelp(error)) throw error;
        await delay(this.#retryMs, { signal });
      }
    }
  }

  /** A server that starts again, or a line that was cut, must not cost what was done. */
  async #answer(name: string, lease: JobLease, more: object = {}): Promise<unknown> {
    const endsAtMs = this.#clock.monotonic() + limits.leaseMs;
    for (;;) {
      try {
        return await this.#call(name, lease, more);
      } catch (error) {
        if (!mayHelp(error) || this.#clock.monotonic() >= endsAtMs) throw error;
        await delay(this.#retryMs);
      }
    }
  }

  #call(name: string, { method, lease }: JobLease, more: object = {}): Promise<unknown> {
    return this.#client.call(`rpc.job.${name}`, { method, lease, ...more });
  }
}

/**
 * Publishes what the handlers of a worker publish, as the worker: it needs the right to.
 *
 * @param client The client; closing it stays with the caller.
 */
export function remotePublishing(client: TopicCaller): Publishing {
  const topics = new RemoteTopics(client);
  return async (_by, topic, value, { id, write } = {}) => {
    if (write !== undefined) {
      const message = "A job that runs in another process cannot write to the server's store";
      throw new DariError("failed_precondition", message);
    }
    return (await topics.publish(topic, [{ value, ...defined({ id }) }]))[0]!;
  };
}

/** Whether the same call may go well later. */
function mayHelp(error: unknown): boolean {
  return error instanceof DariError && error.retryable;
}
