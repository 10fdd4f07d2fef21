/**
 * A pool of workers that run a module's methods on other cores.
 *
 * @module
 */

import { DeadlineTimer } from "../base/deadline_timer.ts";
import { DariError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { errorOf, type Reply, type Request } from "./_pool_protocol.ts";
import { MAX_WORKERS, PoolSlots } from "./_pool_slots.ts";
import { PoolThread } from "./_pool_thread.ts";
import { Queue } from "./queue.ts";
import { type Call, requestOf } from "./_pool_call.ts";
import type { CallPool, PoolCallOptions, WorkerPoolOptions } from "./pool_options.ts";
import { encodeValue } from "./_value.ts";

/**
 * Runs methods in workers, one at a time in each. A method gets `(params, { signal })`. A call whose
 * deadline passes fails alone: a worker that does not stop by itself is replaced, and the calls
 * that wait go to the others. Deno offers no memory limit for a worker: a method that fills the
 * heap ends the process, so bound what it is given.
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
  readonly #options: Required<Omit<WorkerPoolOptions, "module">> & { module: string };
  readonly #requests: Queue<Request>;
  readonly #slots: PoolSlots;
  readonly #threads = new Map<number, PoolThread>();
  readonly #waiting = new Set<Call>();
  readonly #running = new Map<number, Call>();
  readonly #deadlines = new DeadlineTimer(() => this.#expire());
  readonly #drained: (() => void)[] = [];
  #dispatchQueued = false;
  #startFailures = 0;
  #broken: DariError | undefined;
  #closing: PromiseWithResolvers<void> | undefined;

  /**
   * Starts the workers.
   *
   * @param options The module, and bounds.
   * @throws {RangeError} where `workers` is not a whole number from 1 to 1,000.
   */
  constructor(options: WorkerPoolOptions) {
    const { workers = navigator.hardwareConcurrency } = options;
    if (!(Number.isInteger(workers) && workers >= 1 && workers <= MAX_WORKERS)) {
      throw new RangeError(`workers is ${workers}; give a whole number from 1 to ${MAX_WORKERS}`);
    }
    this.#options = {
      maxQueueLength: limits.poolQueueLength,
      encoding: "json",
      maxMessageBytes: limits.maxMessageBytes,
      graceMs: limits.poolGraceMs,
      ...options,
      workers,
      module: String(options.module),
    };
    const places = workers * limits.poolPrefetch;
    this.#slots = PoolSlots.allocate(places);
    // Twice the places: calls that were withdrawn lie in the queue until a worker skips them.
    this.#requests = Queue.create<Request>({
      maxItems: places * 2,
      capacityBytes: Math.max(limits.queueBytes, places * limits.poolInlineBytes),
      encoding: this.#options.encoding,
    });
    for (let index = 0; index < workers; index++) this.#start(index);
  }

  /** How many calls wait for a worker. */
  get queueLength(): number {
    return this.#waiting.size;
  }

  /**
   * Runs a method in a worker.
   *
   * @param method The name of an exported function of the pool's module.
   * @param params What it is given, as JSON unless the pool's encoding is another.
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
        large: this.#isLarge(params),
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
    for (const call of [...this.#waiting, ...this.#running.values()]) this.#settle(call, error);
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
    if (this.#waiting.size >= this.#options.maxQueueLength) {
      throw new DariError(
        "resource_exhausted",
        `${this.#waiting.size} calls wait for a worker already; wait for drained()`,
      );
    }
  }

  #isLarge(params: unknown): boolean {
    if (params === undefined) return false;
    const { length } = encodeValue(params, this.#options.encoding).bytes;
    if (length <= this.#options.maxMessageBytes) return length > limits.poolInlineBytes;
    throw new DariError(
      "resource_exhausted",
      `Params of ${length} bytes are over the limit of ${this.#options.maxMessageBytes}`,
      { retryable: false },
    );
  }

  /** Calls made in one turn are handed over together: one wake-up instead of many. */
  #dispatchSoon(): void {
    if (this.#dispatchQueued) return;
    this.#dispatchQueued = true;
    queueMicrotask(() => {
      this.#dispatchQueued = false;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    for (const call of this.#waiting) {
      const place = this.#slots.take();
      if (place === undefined) break;
      try {
        if (!this.#requests.tryPut(requestOf(call, place))) {
          this.#slots.release(place);
          break;
        }
      } catch (error) { // a method name that no queue can take
        this.#slots.release(place);
        this.#settle(call, error);
        continue;
      }
      call.place = place;
      this.#waiting.delete(call);
      this.#running.set(place.slot, call);
    }
    if (this.#isDrained) { for (const resolve of this.#drained.splice(0)) resolve(); }
  }

  get #isDrained(): boolean {
    return this.#waiting.size <= this.#options.maxQueueLength / 2;
  }

  #start(index: number): void {
    const { module, encoding, maxMessageBytes } = this.#options;
    const thread = new PoolThread({
      index,
      module,
      encoding,
      maxMessageBytes,
      requests: this.#requests.buffer,
      slots: this.#slots.buffer,
    }, {
      ready: () => this.#startFailures = 0,
      reply: (reply) => this.#onReply(thread, reply),
      gone: (cause) => this.#onGone(index, cause),
    });
    this.#threads.set(index, thread);
    this.#startFailures++;
  }

  #onReply(thread: PoolThread, reply: Reply): void {
    const call = this.#running.get(reply.slot);
    if (call?.place?.generation !== reply.generation) return; // it was given up
    if (reply.kind === "ask") {
      thread.post({ type: "params", place: call.place, params: call.params });
      return;
    }
    this.#release(call);
    if (reply.kind === "result") this.#settle(call, undefined, reply.result);
    else this.#settle(call, errorOf(reply.error));
    this.#dispatchSoon();
  }

  /** Ends the call for its caller; its worker may still be at it. */
  #settle(call: Call, error: unknown, result?: unknown): void {
    if (call.settled) return;
    call.settled = true;
    call.signal?.removeEventListener("abort", call.onAbort);
    this.#waiting.delete(call);
    if (error === undefined) call.resolve(result);
    else call.reject(error);
    if (call.place !== undefined && this.#slots.withdraw(call.place)) this.#release(call);
    this.#finishIfIdle();
  }

  /** The call is no longer with the workers. */
  #release(call: Call): void {
    if (call.place === undefined) return;
    this.#running.delete(call.place.slot);
    this.#slots.release(call.place);
    delete call.place;
  }

  /** Ends a call before its time: a worker that runs it is asked to stop, and then made to. */
  #cancel(call: Call, reason: unknown): void {
    this.#settle(call, reason);
    const { place } = call;
    const index = place && this.#slots.workerOf(place);
    if (place === undefined || index === undefined) return this.#dispatchSoon();
    const thread = this.#threads.get(index);
    thread?.post({ type: "cancel", place });
    setTimeout(() => {
      if (call.place !== undefined) thread?.stop(reason);
    }, this.#options.graceMs);
  }

  #expire(): void {
    const now = performance.now();
    for (const call of [...this.#waiting, ...this.#running.values()]) {
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
    this.#threads.delete(index);
    if (this.#closing && this.#running.size === 0 && this.#waiting.size === 0) return;
    for (const call of [...this.#running.values()]) {
      if (call.place === undefined) continue;
      const worker = this.#slots.workerOf(call.place);
      if (worker === index) {
        this.#release(call);
        const message = `The worker died while it ran "${call.method}"`;
        this.#settle(call, new DariError("unavailable", message, { cause }));
      } else if (worker === undefined) {
        // It may have left the queue without being claimed; whoever comes second skips it.
        this.#requests.tryPut(requestOf(call, call.place));
      }
    }
    if (this.#startFailures >= limits.maxWorkerStartFailures * this.#options.workers) {
      return this.#break(cause);
    }
    this.#start(index);
    this.#dispatchSoon();
  }

  /** The workers die before they have started: the next ones would as well. */
  #break(cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.#broken = new DariError(
      "unavailable",
      `The workers cannot load "${this.#options.module.slice(0, 200)}": ${reason}`,
      { cause, retryable: false },
    );
    for (const thread of [...this.#threads.values()]) thread.stop(this.#broken);
    for (const call of [...this.#waiting, ...this.#running.values()]) {
      this.#settle(call, this.#broken);
    }
  }

  #finishIfIdle(): void {
    if (!this.#closing || this.#waiting.size > 0) return;
    // Calls that were given up are not waited for: their workers are ended below.
    for (const call of this.#running.values()) if (!call.settled) return;
    this.#deadlines.clear();
    this.#running.clear();
    this.#requests.close();
    for (const thread of [...this.#threads.values()]) thread.stop(new Error("The pool was closed"));
    this.#closing.resolve();
  }
}
