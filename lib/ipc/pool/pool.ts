/**
 * A pool of workers that run a module's methods on other cores.
 *
 * @module
 */

import { DeadlineTimer } from "../../base/deadline_timer.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { Activity } from "./activity.ts";
import type { Call } from "./call.ts";
import { inherit } from "./inherit.ts";
import { DispatchedCalls } from "./dispatched_calls.ts";
import { errorOf, type Failure } from "./wire/failure.ts";
import { type ReplyFrame, status } from "./wire/frame.ts";
import type { Place } from "./wire/slots.ts";
import { WaitingCalls } from "./waiting_calls.ts";
import { WorkerSet } from "./worker_set.ts";
import { settingsOf } from "./options.ts";
import type { CallPool, PoolCallOptions, PoolState, WorkerPoolOptions } from "./options.ts";

/**
 * Runs methods in workers, one at a time in each. A method gets its params and a `WorkerContext`, and
 * its result or error becomes that of the call; streams are refused. A pool keeps the program alive
 * while a call waits or runs, and not otherwise.
 *
 * A call that is cancelled, or whose deadline passes, does not disturb the others: a worker whose
 * method does not stop by itself is replaced, and the waiting calls go to the other workers. A method
 * that loops is stopped at the latest half a second after its deadline and grace. A method that loops
 * after an `await` cannot be stopped in Deno 2.9 and keeps its core busy. Deno has no memory limit
 * for a worker: a method that fills the heap ends the process, so limit the size of its params.
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
  readonly #graceMs: number;
  // A call moves from `#waiting` to `#dispatched`, and leaves it when a worker has replied or is gone.
  readonly #waiting: WaitingCalls;
  readonly #dispatched: DispatchedCalls;
  /** Started by the constructor; stopped by `#finishIfIdle`. */
  readonly #workers: WorkerSet;
  /** The deadlines of all calls; cleared by `#finishIfIdle`. */
  readonly #deadlines = new DeadlineTimer(() => this.#expire());
  /** The calls that are not settled; stopped by `#finishIfIdle`. */
  readonly #activity = new Activity((isActive) => this.#keepAlive(isActive));
  /** Whether a microtask will dispatch. */
  #isDispatchQueued = false;
  /** Why no worker can be started; set once. */
  #broken: DariError | undefined;
  /** Made by the first `close` or `abort`; resolved once the workers are stopped. */
  #closing: PromiseWithResolvers<void> | undefined;

  /**
   * Starts the workers.
   *
   * @param options The module with the methods, and limits.
   * @throws {RangeError} where `workers` is not a whole number from 1 to 1,000.
   * @throws {TypeError} where `module` is neither a URL nor a path that begins with `./`, `../` or `/`.
   */
  constructor(options: WorkerPoolOptions) {
    const { maxQueueLength, ...settings } = settingsOf(options);
    const { workers, encoding, maxMessageBytes } = settings;
    this.#waiting = new WaitingCalls(maxQueueLength);
    this.#graceMs = settings.graceMs;
    const places = workers * limits.poolPrefetch;
    this.#dispatched = new DispatchedCalls(places, encoding, maxMessageBytes);
    this.#workers = new WorkerSet(
      { ...settings, ...this.#dispatched.buffers },
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

  /** What it does now, for metrics. */
  get state(): PoolState {
    const { size: workers } = this.#workers;
    return { workers, running: this.#dispatched.running, queueLength: this.queueLength };
  }

  /**
   * Runs a method in a worker.
   *
   * @param method The name of an exported function of the pool's module.
   * @param params Its params, encoded as the pool's `encoding` says; they must not change before the
   * promise settles.
   * @param options Deadline and signal.
   * @returns Its result.
   * @throws {TypeError} on params that cannot be encoded.
   * @throws {DariError} `deadline_exceeded`; `method_not_found`; `resource_exhausted` where too many
   * calls wait or the params are too long; `unavailable` where the worker died (see the cause) or
   * the pool is closed; and the error of the method.
   */
  call(method: string, params?: unknown, options: PoolCallOptions = {}): Promise<unknown> {
    const bounds = inherit(options);
    const { timeoutMs, signal } = bounds;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    try {
      signal?.throwIfAborted();
      this.#checkOpen();
      const call: Call = {
        method,
        params,
        resolve,
        reject,
        ...bounds,
        expiresAt: performance.now() + timeoutMs,
        onAbort: () => this.#cancel(call, signal?.reason),
        settled: false,
      };
      signal?.addEventListener("abort", call.onAbort, { once: true });
      this.#deadlines.add(call.expiresAt);
      this.#activity.begin();
      this.#waiting.add(call);
      this.#dispatchSoon();
    } catch (error) {
      reject(error);
    }
    return promise;
  }

  /**
   * Waits until at most half of `maxQueueLength` calls wait for a worker.
   *
   * @returns A promise that resolves then; at once where no more calls wait now.
   */
  drained(): Promise<void> {
    return this.#waiting.drained();
  }

  /** Refuses new calls, waits for those that wait or run, and stops the workers. */
  async close(): Promise<void> {
    this.#closing ??= Promise.withResolvers<void>();
    this.#finishIfIdle();
    await this.#closing.promise;
  }

  /** Stops the workers now; every call that waits or runs rejects with `unavailable`. */
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

  #keepAlive(isActive: boolean): void {
    this.#workers.keepAlive(isActive);
    if (!isActive) this.#deadlines.clear(); // those of calls that are settled
  }

  #checkOpen(): void {
    if (this.#broken) throw this.#broken;
    if (this.#closing) {
      throw new DariError("unavailable", "The pool of workers is closed", { retryable: false });
    }
    this.#waiting.checkRoom();
  }

  #all(): Call[] {
    return [...this.#waiting, ...this.#dispatched.all()];
  }

  /** Calls that are made in one turn are dispatched together: one wake-up instead of many. */
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
        if (!this.#dispatched.dispatch(call)) break;
        this.#waiting.delete(call);
      } catch (error) { // its params cannot be sent
        this.#settle(call, error);
      }
    }
    this.#waiting.announceRoom();
  }

  #onReply(index: number, reply: ReplyFrame): void {
    const call = this.#dispatched.at(reply);
    if (call === undefined) return; // the reply is late
    if (reply.status === status.ask) return this.#postParams(index, call, call.place);
    this.#dispatched.release(call);
    if (reply.status === status.result) this.#settle(call, undefined, reply.value);
    else this.#settle(call, errorOf(reply.value as Failure));
    if (this.#waiting.size > 0) this.#dispatchSoon();
  }

  #postParams(index: number, call: Call, place: Place): void {
    try {
      const payload = this.#dispatched.payloadOf(call);
      this.#workers.post(index, { type: "params", place, payload });
    } catch (error) { // the params were changed; the worker waits for them in vain
      this.#cancel(call, error);
    }
  }

  /** Gives the caller its result or error; a worker may still run the call. */
  #settle(call: Call, error: unknown, result?: unknown): void {
    if (call.settled) return;
    call.settled = true;
    this.#activity.end();
    call.signal?.removeEventListener("abort", call.onAbort);
    this.#waiting.delete(call);
    if (error === undefined) call.resolve(result);
    else call.reject(error);
    this.#dispatched.withdraw(call);
    this.#finishIfIdle();
  }

  /** Gives a call up: a worker that runs it is asked to stop, and after the grace it is stopped. */
  #cancel(call: Call, reason: unknown): void {
    this.#settle(call, reason);
    const { place } = call;
    const index = place && this.#dispatched.workerOf(place);
    if (place === undefined || index === undefined) return this.#dispatchSoon();
    this.#workers.post(index, { type: "cancel", place });
    this.#workers.stopAfter(index, this.#graceMs, () => this.#isRunning(call), reason);
  }

  /** Whether a worker still runs a call that was given up. */
  #isRunning(call: Call): boolean {
    this.#dispatched.withdraw(call); // a worker may have given it back
    return call.place !== undefined;
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

  /** A worker is gone: its call fails, and calls that it may have taken are queued again. */
  #onGone(index: number, cause: unknown): void {
    for (const call of this.#dispatched.all()) {
      if (this.#dispatched.workerOf(call.place) === index) this.#failLost(call, cause);
    }
    if (this.#closing && this.#all().length === 0) return;
    for (const call of this.#dispatched.queueAgain()) this.#failLost(call, cause);
    this.#dispatchSoon();
  }

  #failLost(call: Call, cause: unknown): void {
    this.#dispatched.release(call);
    const message = `The worker died while it ran "${call.method}"`;
    this.#settle(call, new DariError("unavailable", message, { cause }));
  }

  #break(error: DariError): void {
    this.#broken = error;
    for (const call of this.#all()) this.#settle(call, error);
  }

  #finishIfIdle(): void {
    if (!this.#closing || this.#waiting.size > 0) return;
    // Calls that were given up and still run are not waited for: their workers are stopped below.
    if (this.#dispatched.all().some((call) => !call.settled)) return;
    this.#deadlines.clear();
    this.#activity.stop();
    this.#dispatched.close();
    this.#workers.stop(new Error("The pool was closed"));
    this.#closing.resolve();
  }
}
