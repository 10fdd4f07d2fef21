/**
 * The workers of a pool: as many as there are to be, whatever becomes of each.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { ReplyFrame } from "./pool_frame.ts";
import type { Order } from "./pool_protocol.ts";
import { PoolThread, type ThreadOptions } from "./pool_thread.ts";

/** What the workers tell their pool. */
export interface CrewEvents {
  reply(index: number, reply: ReplyFrame): void;
  /** A worker is gone; unless the crew is broken or stopped, another takes its number. */
  gone(index: number, cause: unknown): void;
  /** They die before they have started: the next ones would as well. */
  broken(error: DariError): void;
}

/** What the workers are started with. */
export type CrewOptions = Omit<ThreadOptions, "index"> & { readonly workers: number };

/** The workers by number. */
export class PoolCrew {
  readonly #options: CrewOptions;
  readonly #events: CrewEvents;
  readonly #threads = new Map<number, PoolThread>();
  #startFailures = 0;
  #isStopped = false;

  constructor(options: CrewOptions, events: CrewEvents) {
    this.#options = options;
    this.#events = events;
    for (let index = 0; index < options.workers; index++) this.#start(index);
  }

  /** Tells a worker something about the call that it runs. */
  post(index: number, order: Order): void {
    this.#threads.get(index)?.post(order);
  }

  /** Ends one worker if it is still the same when the grace is over; another takes its place. */
  stopAfter(index: number, graceMs: number, isStillAtIt: () => boolean, cause: unknown): void {
    const thread = this.#threads.get(index);
    setTimeout(() => {
      if (isStillAtIt()) thread?.stop(cause);
    }, graceMs);
  }

  /** Ends all of them for good. */
  stop(cause: unknown): void {
    this.#isStopped = true;
    for (const thread of [...this.#threads.values()]) thread.stop(cause);
  }

  #start(index: number): void {
    const { workers: _, ...options } = this.#options;
    this.#startFailures++;
    this.#threads.set(
      index,
      new PoolThread({ ...options, index }, {
        ready: () => this.#startFailures = 0,
        reply: (reply) => this.#events.reply(index, reply),
        gone: (cause) => this.#onGone(index, cause),
      }),
    );
  }

  #onGone(index: number, cause: unknown): void {
    this.#threads.delete(index);
    this.#events.gone(index, cause);
    if (this.#isStopped) return;
    if (this.#startFailures < limits.maxWorkerStartFailures * this.#options.workers) {
      return this.#start(index);
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `The workers cannot load "${
      this.#options.module.slice(0, limits.poolModuleShownLength)
    }": ${reason}`;
    const error = new DariError("unavailable", message, { cause, retryable: false });
    this.stop(error);
    this.#events.broken(error);
  }
}
