/**
 * Waiting for another thread: an event count of two words in shared memory.
 *
 * @module
 */

import { DariError } from "../base/errors.ts";

/** How long a wait may take. */
export interface WaitOptions {
  /** The longest wait in milliseconds; without it the wait has no end of its own. */
  readonly timeoutMs?: number;
  /** Ends the wait with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A wait whose condition may come true without being raised: it is looked at now and then. */
interface PolledWait extends WaitOptions {
  readonly pollMs?: number;
}

/**
 * Wakes the threads that wait for a condition. Word `index` counts the times that it was raised,
 * word `index + 1` the threads that wait. A waiter that dies leaves its count behind, which costs
 * the others a call of `notify` and nothing more.
 */
export class SharedEvent {
  readonly #words: Int32Array;
  readonly #count: number;
  readonly #waiters: number;

  constructor(words: Int32Array, index: number) {
    this.#words = words;
    this.#count = index;
    this.#waiters = index + 1;
  }

  /** Wakes whoever waits; costs one load where nobody does. */
  raise(): void {
    if (Atomics.load(this.#words, this.#waiters) === 0) return;
    Atomics.add(this.#words, this.#count, 1);
    // All of them: a wait that was aborted stays registered in the engine and would swallow the
    // wake-up meant for another.
    Atomics.notify(this.#words, this.#count);
  }

  /**
   * @returns `true` once `ready` has said so, `false` when the time ran out.
   * @throws The signal's reason.
   */
  async wait(ready: () => boolean, options: PolledWait = {}): Promise<boolean> {
    const { timeoutMs = Infinity, pollMs = Infinity, signal } = options;
    signal?.throwIfAborted();
    const deadline = performance.now() + timeoutMs;
    const aborted = signal && abortOf(signal);
    keepAlive(1);
    Atomics.add(this.#words, this.#waiters, 1);
    try {
      while (true) {
        const seen = Atomics.load(this.#words, this.#count);
        if (ready()) return true;
        const left = deadline - performance.now();
        if (left <= 0) return false;
        const wait = Atomics.waitAsync(this.#words, this.#count, seen, Math.min(left, pollMs));
        if (wait.async) await (aborted ? Promise.race([wait.value, aborted.promise]) : wait.value);
        signal?.throwIfAborted();
      }
    } finally {
      Atomics.sub(this.#words, this.#waiters, 1);
      keepAlive(-1);
      aborted?.stop();
    }
  }

  /**
   * Blocks the thread; only where the runtime lets it (in workers, and in Deno's main thread).
   *
   * @returns `true` once `ready` has said so, `false` when the time ran out.
   */
  waitSync(ready: () => boolean, timeoutMs = Infinity, pollMs = Infinity): boolean {
    const deadline = performance.now() + timeoutMs;
    Atomics.add(this.#words, this.#waiters, 1);
    try {
      while (true) {
        const seen = Atomics.load(this.#words, this.#count);
        if (ready()) return true;
        const left = deadline - performance.now();
        if (left <= 0) return false;
        Atomics.wait(this.#words, this.#count, seen, Math.min(left, pollMs));
      }
    } finally {
      Atomics.sub(this.#words, this.#waiters, 1);
    }
  }
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
    if (timer === undefined) timer = setInterval(() => {}, 2 ** 30);
    else timer.ref();
  } else if (waits === 0) timer?.unref();
}

/** The error of a wait whose time ran out. */
export function timedOut(what: string, timeoutMs: number | undefined): DariError {
  return new DariError("deadline_exceeded", `${what} did not happen within ${timeoutMs} ms`);
}
