/**
 * The workers of a pool: a fixed number of them, each replaced when it ends.
 *
 * Invariant: `#threads` has a thread for every index below `workers` until the set is stopped.
 * `#startFailures` counts the starts since one was last successful; too many of them in a row mean
 * that the module cannot be loaded, and stop the set.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { ReplyFrame } from "./wire/frame.ts";
import { LivingThreads } from "./wire/living_threads.ts";
import type { Order } from "./wire/protocol.ts";
import { type ThreadEvents, type ThreadOptions, WorkerThread } from "./thread.ts";

/** What the workers tell their pool. */
export interface WorkerSetEvents {
  /** A worker has replied. */
  reply(index: number, reply: ReplyFrame): void;
  /** A worker is gone; unless the set is stopped, another one takes its index. */
  gone(index: number, cause: unknown): void;
  /** The workers end before they have started, so the set has stopped. */
  broken(error: DariError): void;
}

/** How the workers are started. */
export interface WorkerSetOptions extends Omit<ThreadOptions, "index" | "thread" | "living"> {
  /** How many. */
  readonly workers: number;
}

/** The part of {@linkcode WorkerThread} used here. */
export type Thread = Pick<WorkerThread, "post" | "stop" | "stopAfter" | "keepAlive">;

/** Starts a thread. */
export type StartThread = (options: ThreadOptions, events: ThreadEvents) => Thread;

/** The workers by index. */
export class WorkerSet {
  readonly #options: WorkerSetOptions;
  readonly #events: WorkerSetEvents;
  readonly #startThread: StartThread;
  /** Each made by `#start`; removed when it is gone. */
  readonly #threads = new Map<number, Thread>();
  /** Made here and shared with the workers. */
  readonly #living: LivingThreads;
  #startFailures = 0;
  /** Whether the threads keep the program alive. */
  #isKeptAlive = false;
  #isStopped = false;

  /** Starts the workers. */
  constructor(
    options: WorkerSetOptions,
    events: WorkerSetEvents,
    startThread: StartThread = (options, events) => new WorkerThread(options, events),
  ) {
    this.#options = options;
    this.#events = events;
    this.#startThread = startThread;
    this.#living = LivingThreads.allocate(options.workers);
    for (let index = 0; index < options.workers; index++) this.#start(index);
  }

  /** How many workers there are. */
  get size(): number {
    return this.#options.workers;
  }

  /** Tells a worker something about the call that it runs. */
  post(index: number, order: Order): void {
    this.#threads.get(index)?.post(order);
  }

  /** Stops the thread that now has an index if it is still at its call after the grace. */
  stopAfter(index: number, graceMs: number, isStillRunning: () => boolean, cause: unknown): void {
    this.#threads.get(index)?.stopAfter(graceMs, isStillRunning, cause);
  }

  /** Makes the workers keep the program alive, or not; at first they do not. */
  keepAlive(isKept: boolean): void {
    this.#isKeptAlive = isKept;
    for (const thread of this.#threads.values()) thread.keepAlive(isKept);
  }

  /** Stops all of them for good. */
  stop(cause: unknown): void {
    this.#isStopped = true;
    for (const thread of [...this.#threads.values()]) thread.stop(cause);
  }

  #start(index: number): void {
    const { workers: _, ...options } = this.#options;
    this.#startFailures++;
    const number = this.#living.begin(index);
    const { buffer: living } = this.#living;
    const thread = this.#startThread({ ...options, living, index, thread: number }, {
      ready: () => this.#startFailures = 0,
      reply: (reply) => this.#events.reply(index, reply),
      ending: () => this.#living.end(index, number),
      gone: (cause) => this.#onGone(index, cause),
    });
    this.#threads.set(index, thread);
    thread.keepAlive(this.#isKeptAlive);
  }

  #onGone(index: number, cause: unknown): void {
    this.#threads.delete(index);
    this.#events.gone(index, cause);
    if (this.#isStopped) return;
    if (this.#startFailures < limits.maxWorkerStartFailures * this.#options.workers) {
      return this.#start(index);
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    const module = this.#options.module.slice(0, limits.poolModuleShownLength);
    const message = `The workers cannot load "${module}": ${reason}`;
    const error = new DariError("unavailable", message, { cause, retryable: false });
    this.stop(error);
    this.#events.broken(error);
  }
}
