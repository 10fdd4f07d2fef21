/**
 * A pool of workers that run a module's methods on other cores.
 *
 * @module
 */

import { DeadlineTimer } from "../../base/deadline_timer.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { HandedCalls } from "./handed_calls.ts";
import type { Call } from "./pool_call.ts";
import { PoolCrew } from "./pool_crew.ts";
import { errorOf, type Failure } from "./pool_failure.ts";
import { type ReplyFrame, status } from "./pool_frame.ts";
import { MAX_WORKERS, type Place } from "./pool_slots.ts";
import type { CallPool, PoolCallOptions, WorkerPoolOptions } from "./pool_options.ts";

/**
 * Runs methods in workers, one at a time in each. A method gets `(params, { signal })`; what it
 * returns or throws is the call's, but a stream is refused. A call whose deadline passes, or that is
 * cancelled, fails alone: a worker that does not stop by itself is replaced, and the calls that wait
 * go to the others. The thread of a method that loops is stopped half a second after its deadline at
 * the latest; one that loops after an `await` cannot be stopped in Deno 2.9 and keeps its core busy.
 * Deno offers no memory limit for a worker: a method that fills the heap ends the process, so bound
 * what it is given.
 *
 * @example
 * ```ts
 * import { WorkerPool } from "@dari/dari/ipc";
 * import { assertEquals } from "@std/assert";
 *
 * const module = "data:text/javascript,export const add = ([a, b]) => a + b;";
 * await using pool = new WorkerPool({ module, workers: 1 });
 * assertEquals(await pool.call("add", [10, 20]), 30);
 * ```
 */
export class WorkerPool implements CallPool, AsyncDisposable {
  readonly #maxQueueLength: number;
  readonly #graceMs: number;
  readonly #waiting = new Set<Call>();
  readonly #handed: HandedCalls;
  readonly #crew: PoolCrew;
  readonly #deadlines = new DeadlineTimer(() => this.#expire());
  readonly #drained: (() => void)[] = [];
  #isDispatchQueued = false;
  #broken: DariError | undefined;
  #closing: PromiseWithResolvers<void> | undefined;

  /**
   * Starts the workers.
   *
   * @param options The module, and bounds.
   * @throws {RangeError} where `workers` is not a whole number from 1 to 1,000.
   */
  constructor(options: WorkerPoolOptions) {
    const {
      workers = navigator.hardwareConcurrency,
      maxQueueLength = limits.poolQueueLength,
      encoding = "json",
      maxMessageBytes = limits.maxMessageBytes,
      graceMs = limits.poolGraceMs,
    } = options;
    if (!(Number.isInteger(workers) && workers >= 1 && workers <= MAX_WORKERS)) {
      throw new RangeError(`workers is ${workers}; give a whole number from 1 to ${MAX_WORKERS}`);
    }
    this.#maxQueueLength = maxQueueLength;
    this.#graceMs = graceMs;
    this.#handed = new HandedCalls(workers * limits.poolPrefetch, encoding, maxMessageBytes);
    const module = String(options.module);
    const { buffers } = this.#handed;
    this.#crew = new PoolCrew(
      { workers, module, encoding, maxMessageBytes, graceMs, ...buffers },
      {
        reply: (index, reply) => this.#onReply(index, reply),
        gone: (index, cause) => this.#onGone(index, cause),
        broken: (error) => this.#break(error),
      },
    );
  }

  /** How many calls wait for a worker. */
  get queueLength(): number {
    return this.#waiting.size;
  }

  /**
   * Runs a method in a worker.
   *
   * @param method The name of an exported function of the pool's module.
   * @param params What it is given, as JSON unless the pool's encoding is another; it must not change
   * before the promise settles.
   * @param options Deadline and signal.
   * @returns What it returned.
   * @throws {TypeError} on params that cannot be encoded.
   * @throws {DariError} `deadline_exceeded`, `method_not_found`; `resource_exhausted` where too many
   * calls wait or the params are too long; `unavailable` where the worker died (see the cause) or
   * the pool is closed; and what the method threw.
   */
  call(method: string, params?: unknown, options: PoolCallOptions = {}): Promise<unknown> {
    const { timeoutMs = limits.callTimeoutMs, signal } = options;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    try {
      signal?.throwIfAborted();
      this.#checkOpen();
      const call: Call = {
        method,
        params,
        resolve,
        reject,
        timeoutMs,
        expiresAt: performance.now() + timeoutMs,
        signal,
        onAbort: () => this.#cancel(call, signal?.reason),
        settled: false,
      };
      signal?.addEventListener("abort", call.onAbort, { once: true });
      this.#deadlines.add(call.expiresAt);
      this.#waiting.add(call);
      this.#dispatchSoon();
    } catch (error) {
      reject(error);
    }
    return promise;
  }

  /**
   * Waits until the queue of waiting calls has gone down to half of its bound.
   *
   * @returns Once it has; at once where it is not longer.
   */
  drained(): Promise<void> {
    if (this.#isDrained) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  /** Takes no more calls, waits for those under way, and ends the workers. */
  async close(): Promise<void> {
    this.#closing ??= Promise.withResolvers<void>();
    this.#finishIfIdle();
    await this.#closing.promise;
  }

  /** Ends the workers now; every call under way rejects with `unavailable`. */
  abort(): void {
    this.#closing ??= Promise.withResolvers<void>();
    const error = new DariError("unavailable", "The pool of workers was stopped");
    for (const call of this.#all()) this.#settle(call, error);
    this.#finishIfIdle();
  }

  /** As `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #checkOpen(): void {
    if (this.#broken) throw this.#broken;
    if (this.#closing) {
      throw new DariError("unavailable", "The pool of workers is closed", { retryable: false });
    }
    if (this.#waiting.size >= this.#maxQueueLength) {
      throw new DariError(
        "resource_exhausted",
        `${this.#waiting.size} calls wait for a worker already; wait for drained()`,
      );
    }
  }

  #all(): Call[] {
    return [...this.#waiting, ...this.#handed.all()];
  }

  /** Calls made in one turn are handed over together: one wake-up instead of many. */
  #dispatchSoon(): void {
    if (this.#isDispatchQueued) return;
    this.#isDispatchQueued = true;
    queueMicrotask(() => {
      this.#isDispatchQueued = false;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    for (const call of this.#waiting) {
      try {
        if (!this.#handed.hand(call)) break;
        this.#waiting.delete(call);
      } catch (error) { // params that no queue can take
        this.#settle(call, error);
      }
    }
    if (this.#isDrained) { for (const resolve of this.#drained.splice(0)) resolve(); }
  }

  get #isDrained(): boolean {
    return this.#waiting.size <= this.#maxQueueLength / 2;
  }

  #onReply(index: number, reply: ReplyFrame): void {
    const call = this.#handed.at(reply);
    if (call === undefined) return; // it was given up
    if (reply.status === status.ask) return this.#giveParams(index, call, call.place);
    this.#handed.release(call);
    if (reply.status === status.result) this.#settle(call, undefined, reply.value);
    else this.#settle(call, errorOf(reply.value as Failure));
    if (this.#waiting.size > 0) this.#dispatchSoon();
  }

  #giveParams(index: number, call: Call, place: Place): void {
    try {
      this.#crew.post(index, { type: "params", place, payload: this.#handed.payloadOf(call) });
    } catch (error) { // they were changed; the worker waits for them in vain
      this.#cancel(call, error);
    }
  }

  /** Ends the call for its caller; its worker may still be at it. */
  #settle(call: Call, error: unknown, result?: unknown): void {
    if (call.settled) return;
    call.settled = true;
    call.signal?.removeEventListener("abort", call.onAbort);
    this.#waiting.delete(call);
    if (error === undefined) call.resolve(result);
    else call.reject(error);
    this.#handed.withdraw(call);
    this.#finishIfIdle();
  }

  /** Ends a call before its time: a worker that runs it is asked to stop, and then made to. */
  #cancel(call: Call, reason: unknown): void {
    this.#settle(call, reason);
    const { place } = call;
    const index = place && this.#handed.workerOf(place);
    if (place === undefined || index === undefined) return this.#dispatchSoon();
    this.#crew.post(index, { type: "cancel", place });
    this.#crew.stopAfter(index, this.#graceMs, () => call.place !== undefined, reason);
  }

  #expire(): void {
    const now = performance.now();
    for (const call of this.#all()) {
      if (call.settled) continue;
      if (call.expiresAt > now) this.#deadlines.add(call.expiresAt);
      else {
        const message = `The call of "${call.method}" took longer than ${call.timeoutMs} ms`;
        this.#cancel(call, new DariError("deadline_exceeded", message));
      }
    }
  }

  /** A worker is gone: what it ran fails, what it may have taken is queued again. */
  #onGone(index: number, cause: unknown): void {
    for (const call of this.#handed.all()) {
      if (this.#handed.workerOf(call.place) === index) this.#lose(call, cause);
    }
    if (this.#closing && this.#all().length === 0) return;
    for (const call of this.#handed.queueAgain()) this.#lose(call, cause);
    this.#dispatchSoon();
  }

  #lose(call: Call, cause: unknown): void {
    this.#handed.release(call);
    const message = `The worker died while it ran "${call.method}"`;
    this.#settle(call, new DariError("unavailable", message, { cause }));
  }

  #break(error: DariError): void {
    this.#broken = error;
    for (const call of this.#all()) this.#settle(call, error);
  }

  #finishIfIdle(): void {
    if (!this.#closing || this.#waiting.size > 0) return;
    // Calls that were given up are not waited for: their workers are ended below.
    if (this.#handed.all().some((call) => !call.settled)) return;
    this.#deadlines.clear();
    this.#handed.close();
    this.#crew.stop(new Error("The pool was closed"));
    this.#closing.resolve();
  }
}
