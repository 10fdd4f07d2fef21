/**
 * Waiting for another thread or process: an event in two words of shared memory.
 *
 * Word `index` counts the wake-ups, word `index + 1` is 1 while a thread may be waiting. Invariant:
 * no wake-up is lost. A waiter reads the count, sets the second word, and only then looks at the
 * condition; a raiser changes the condition, and only then looks at the second word. Whatever their
 * order, one of them sees what the other wrote: the waiter finds the condition true, or the raiser
 * changes the count, and a sleep that was to begin at the old count ends at once. A waiter that dies
 * leaves the second word set, which costs the next raiser one wake-up.
 *
 * @module
 */

import { abortable } from "../../base/abort.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { turnIfDue } from "../../base/turn.ts";
import { AdaptiveSpin } from "./spin.ts";

/** How long a wait may take. */
export interface WaitOptions {
  /** The longest wait in milliseconds; without it the wait has no time limit. */
  readonly timeoutMs?: number;
  /** Ends the wait with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What a wait of an event takes beside its bounds. */
export interface EventWaitOptions extends WaitOptions {
  /**
   * Whether the wait keeps the program alive.
   *
   * @default {true}
   */
  readonly persistent?: boolean;
  /**
   * Looks again after this many milliseconds even when nobody raised the event. For events that are
   * raised late (room is announced once half of it is free): such a wait does not spin first.
   */
  readonly pollMs?: number;
}

/** Looks at a condition for a moment, as {@linkcode AdaptiveSpin} does. */
export type Spin = Pick<AdaptiveSpin, "spin" | "spinSync" | "isDue">;

/** How the two sides of an event look for each other, sleep, and wake each other. */
export interface Waking {
  /** Looks at the condition for a moment before it sleeps; a new one for each event. */
  spin(): Spin;
  /** Whether it looks also where the event is raised late. */
  readonly spinsForLate: boolean;
  /**
   * Sleeps until it is woken.
   *
   * @param seen Where the word has another value already, nobody will wake it any more.
   * @param ms The longest sleep in milliseconds.
   * @returns `undefined` where it need not sleep.
   */
  sleep(words: Int32Array, index: number, seen: number, ms: number): Promise<unknown> | undefined;
  /** Wakes everyone who sleeps at the word. */
  wake(words: Int32Array, index: number): void;
}

/** The threads of one program: the engine has a list of who sleeps at a word of shared memory. */
const threads: Waking = {
  spin: () => new AdaptiveSpin(),
  spinsForLate: false,
  sleep(words, index, seen, ms) {
    const sleep = Atomics.waitAsync(words, index, seen, ms);
    return sleep.async ? sleep.value : undefined;
  },
  // All waiters: a wait that was aborted stays registered in the engine and would swallow the
  // wake-up meant for another.
  wake: (words, index) => void Atomics.notify(words, index),
};

/** Wakes the threads or the process that wait for a condition on shared memory. */
export class SharedEvent {
  readonly #words: Int32Array;
  readonly #count: number;
  readonly #awaited: number;
  readonly #waking: Waking;
  readonly #spin: Spin;

  /**
   * @param words The memory.
   * @param index The first of the event's two words.
   * @param waking How the sides wake each other; as threads do, where it is not given.
   */
  constructor(words: Int32Array, index: number, waking: Waking = threads) {
    this.#words = words;
    this.#count = index;
    this.#awaited = index + 1;
    this.#waking = waking;
    this.#spin = waking.spin();
  }

  /** Whether a thread may be waiting. */
  get awaited(): boolean {
    return Atomics.load(this.#words, this.#awaited) !== 0;
  }

  /** Wakes all waiters; costs one load where there are none. */
  raise(): void {
    // Only the raiser that resets the word notifies: the waiters take a while to set it again.
    if (!this.awaited || Atomics.exchange(this.#words, this.#awaited, 0) === 0) return;
    Atomics.add(this.#words, this.#count, 1);
    this.#waking.wake(this.#words, this.#count);
  }

  /**
   * Waits until a condition is true.
   *
   * @param ready The condition; it is called several times.
   * @returns `true` once `ready` returned `true`, `false` when the time is over.
   * @throws The signal's reason, at once where it has aborted already.
   */
  async wait(ready: () => boolean, options: EventWaitOptions = {}): Promise<boolean> {
    const { timeoutMs = Infinity, pollMs, persistent = true, signal } = options;
    signal?.throwIfAborted();
    // A wait whose look finds something leaves the event loop no turn of its own.
    const turn = turnIfDue();
    if (turn !== undefined) await turn;
    // Reading the clock costs as much as the rest.
    const deadline = timeoutMs === Infinity ? Infinity : performance.now() + timeoutMs;
    const spins = pollMs === undefined || this.#waking.spinsForLate;
    if (spins && timeoutMs > 0) {
      const spun = this.#spin.spin(ready);
      if (typeof spun === "boolean" ? spun : await spun) return true;
    }
    signal?.throwIfAborted();
    if (persistent) keepAlive(1);
    try {
      while (true) {
        const seen = this.#enter();
        if (ready()) return true;
        const left = deadline === Infinity ? Infinity : deadline - performance.now();
        if (left <= 0) return false;
        const sleepMs = Math.min(left, pollMs ?? Infinity);
        const sleep = this.#waking.sleep(this.#words, this.#count, seen, sleepMs);
        if (sleep !== undefined) await abortable(sleep, signal);
        // Before the next sleep is announced: the other side would wake nobody with its next message.
        if (ready()) return true;
      }
    } finally {
      if (persistent) keepAlive(-1);
    }
  }

  /**
   * Looks for a moment, as often as the recent looks were worth it.
   *
   * @param ready As that of `wait`.
   * @returns Whether `ready` returned `true`; `false` at once where this wait skips its look.
   */
  spin(ready: () => boolean): Promise<boolean> | boolean {
    return this.#spin.spin(ready);
  }

  /** Whether a wait that does not come here would begin with a look; asked once for each. */
  isSpinDue(): boolean {
    return this.#spin.isDue();
  }

  /** Lets the next raiser wake this side, although nobody sleeps here yet. */
  announce(): void {
    this.#enter();
  }

  /**
   * Sleeps once, without another promise.
   *
   * @param ready As that of `wait`.
   * @returns `undefined` where `ready` returned `true`; else resolves when it may return it.
   */
  sleep(ready: () => boolean): Promise<unknown> | undefined {
    const seen = this.#enter();
    return ready() ? undefined : this.#waking.sleep(this.#words, this.#count, seen, Infinity);
  }

  /**
   * Waits as `wait` does, but blocks the thread; the runtime allows that in workers and in Deno's
   * main thread.
   *
   * @returns `true` once `ready` returned `true`, `false` when the time is over.
   */
  waitSync(ready: () => boolean, timeoutMs = Infinity, pollMs?: number): boolean {
    const deadline = performance.now() + timeoutMs;
    if (pollMs === undefined && timeoutMs > 0 && this.#spin.spinSync(ready)) return true;
    while (true) {
      const seen = this.#enter();
      if (ready()) return true;
      const left = deadline - performance.now();
      if (left <= 0) return false;
      Atomics.wait(this.#words, this.#count, seen, Math.min(left, pollMs ?? Infinity));
    }
  }

  /** Announces a wait; returns the count at which the sleep has to begin. */
  #enter(): number {
    const seen = Atomics.load(this.#words, this.#count);
    Atomics.store(this.#words, this.#awaited, 1);
    return seen;
  }
}

let waits = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** `Atomics.waitAsync` does not keep the event loop alive, but a program that waits is not done. */
function keepAlive(change: 1 | -1): void {
  waits += change;
  // One timer that is never due, referenced while anybody waits: a new timer for each wait would cost
  // as much as the wait.
  if (waits === 1 && change === 1) {
    if (timer === undefined) timer = setInterval(() => {}, limits.maxTimerMs);
    else timer.ref();
  } else if (waits === 0) timer?.unref();
}

/** The error of a wait whose time is over. */
export function timedOut(what: string, timeoutMs: number | undefined): DariError {
  return new DariError("deadline_exceeded", `${what} did not happen within ${timeoutMs} ms`);
}
