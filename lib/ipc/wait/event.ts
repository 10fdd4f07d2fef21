/**
 * Waiting for another thread: an event in two words of shared memory.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { Spin } from "./spin.ts";

/** How long a wait may take. */
export interface WaitOptions {
  /** The longest wait in milliseconds; without it the wait has no end of its own. */
  readonly timeoutMs?: number;
  /** Ends the wait with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A wait for something that is raised late, once it is worth waking for: it sleeps at once. */
interface PatientWait extends WaitOptions {
  /** How often to look all the same. */
  readonly pollMs?: number;
}

/**
 * Wakes the threads that wait for a condition. Word `index` counts the times that they were woken,
 * word `index + 1` says that somebody may be waiting. Who waits reads the count, says so and then
 * looks; who raises changes the condition and then asks: one of the two always sees the other. A
 * waiter that dies costs the others one call of `notify`.
 */
export class SharedEvent {
  readonly #words: Int32Array;
  readonly #count: number;
  readonly #awaited: number;
  readonly #spin = new Spin();

  constructor(words: Int32Array, index: number) {
    this.#words = words;
    this.#count = index;
    this.#awaited = index + 1;
  }

  /** Whether anybody may be waiting. */
  get awaited(): boolean {
    return Atomics.load(this.#words, this.#awaited) !== 0;
  }

  /** Wakes whoever waits; costs one load where nobody does. */
  raise(): void {
    // Whoever takes the word back wakes them, once: it takes them a while to say it again.
    if (!this.awaited || Atomics.exchange(this.#words, this.#awaited, 0) === 0) return;
    Atomics.add(this.#words, this.#count, 1);
    // All of them: a wait that was aborted stays registered in the engine and would swallow the
    // wake-up meant for another.
    Atomics.notify(this.#words, this.#count);
  }

  /**
   * @returns `true` once `ready` has said so, `false` when the time ran out.
   * @throws The signal's reason.
   */
  async wait(ready: () => boolean, options: PatientWait = {}): Promise<boolean> {
    const { timeoutMs = Infinity, pollMs, signal } = options;
    signal?.throwIfAborted();
    const deadline = performance.now() + timeoutMs;
    if (pollMs === undefined && timeoutMs > 0 && await this.#spin.look(ready)) return true;
    signal?.throwIfAborted();
    const aborted = signal && abortOf(signal);
    keepAlive(1);
    try {
      while (true) {
        const seen = this.#enter();
        if (ready()) return true;
        const left = deadline - performance.now();
        if (left <= 0) return false;
        const sleepMs = Math.min(left, pollMs ?? Infinity);
        const wait = Atomics.waitAsync(this.#words, this.#count, seen, sleepMs);
        if (wait.async) await (aborted ? Promise.race([wait.value, aborted.promise]) : wait.value);
        signal?.throwIfAborted();
      }
    } finally {
      keepAlive(-1);
      aborted?.stop();
    }
  }

  /**
   * Blocks the thread; only where the runtime lets it (in workers, and in Deno's main thread).
   *
   * @returns `true` once `ready` has said so, `false` when the time ran out.
   */
  waitSync(ready: () => boolean, timeoutMs = Infinity, pollMs?: number): boolean {
    const deadline = performance.now() + timeoutMs;
    if (pollMs === undefined && timeoutMs > 0 && this.#spin.lookSync(ready)) return true;
    while (true) {
      const seen = this.#enter();
      if (ready()) return true;
      const left = deadline - performance.now();
      if (left <= 0) return false;
      Atomics.wait(this.#words, this.#count, seen, Math.min(left, pollMs ?? Infinity));
    }
  }

  /** Says that this thread is about to wait; gives the count that must not have changed then. */
  #enter(): number {
    const seen = Atomics.load(this.#words, this.#count);
    Atomics.store(this.#words, this.#awaited, 1);
    return seen;
  }
}

/**
 * Waits for a promise that does not reject.
 *
 * @returns `true` once it has settled, `false` when the time ran out.
 * @throws The signal's reason.
 */
export async function settlesWithin(
  promise: Promise<unknown>,
  { timeoutMs = Infinity, signal }: WaitOptions,
): Promise<boolean> {
  signal?.throwIfAborted();
  const aborted = signal && abortOf(signal);
  const expired = Promise.withResolvers<false>();
  const timer = timeoutMs === Infinity ? undefined : setTimeout(expired.resolve, timeoutMs, false);
  const outcomes: Promise<unknown>[] = [promise.then(() => true), expired.promise];
  if (aborted) outcomes.push(aborted.promise);
  const outcome = await Promise.race(outcomes);
  clearTimeout(timer);
  aborted?.stop();
  signal?.throwIfAborted();
  return outcome !== false;
}

function abortOf(signal: AbortSignal): { promise: Promise<void>; stop(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const onAbort = () => resolve();
  signal.addEventListener("abort", onAbort, { once: true });
  return { promise, stop: () => signal.removeEventListener("abort", onAbort) };
}

let waits = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** `Atomics.waitAsync` does not keep the event loop alive; a program that waits is not done. */
function keepAlive(change: 1 | -1): void {
  waits += change;
  // One timer that is never due, held and let go: making a new one for each wait costs as much as
  // the wait.
  if (waits === 1 && change === 1) {
    if (timer === undefined) timer = setInterval(() => {}, limits.maxTimerMs);
    else timer.ref();
  } else if (waits === 0) timer?.unref();
}

/** The error of a wait whose time ran out. */
export function timedOut(what: string, timeoutMs: number | undefined): DariError {
  return new DariError("deadline_exceeded", `${what} did not happen within ${timeoutMs} ms`);
}
