/**
 * Adaptive spinning: polling for a moment before going to sleep.
 *
 * Being woken by another thread takes 10 to 60 µs and two passes through the kernel. A change that
 * is only a few microseconds away is cheaper to wait for awake. Recent waits predict whether
 * spinning pays: after spins in vain, fewer and fewer waits begin with one.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { turn } from "../../base/turn.ts";

/** With one core the other thread cannot get on while this one spins. */
const hasCores = navigator.hardwareConcurrency > 1;
const { maxSpinPauses: MAX_PAUSES } = limits;

/** How a thread spins. */
export interface SpinOptions {
  /**
   * Whether another core can make the condition true meanwhile.
   *
   * @default {true where there are several cores}
   */
  readonly canSpin?: boolean;
  /**
   * The time in milliseconds.
   *
   * @default {performance.now()}
   */
  readonly now?: () => number;
}

/**
 * Which waits spin: those that follow spins which paid.
 *
 * Invariant: `#left` counts the waits that still skip their spin, and never exceeds `#skips`, the
 * number chosen after the last spin.
 */
export class SpinHistory {
  readonly #maxSkips: number;
  #skips = 0;
  #left = 0;

  /** @param maxSkips The most waits in a row that do not spin. */
  constructor(maxSkips: number) {
    this.#maxSkips = maxSkips;
  }

  /** Whether the next wait spins; asked once for each wait. */
  isDue(): boolean {
    if (this.#left === 0) return true;
    this.#left--;
    return false;
  }

  /**
   * Learns how a spin ended.
   *
   * @returns `isFound`.
   */
  learn(isFound: boolean): boolean {
    this.#skips = isFound ? this.#skips >> 1 : Math.min(this.#skips * 2 + 1, this.#maxSkips);
    this.#left = this.#skips;
    return isFound;
  }
}

/** Spins for one condition, as often as the recent spins were worth it. */
export class AdaptiveSpin {
  readonly #canSpin: boolean;
  readonly #now: () => number;
  readonly #history = new SpinHistory(limits.spinSkips);

  /** @param options How it spins. */
  constructor(options: SpinOptions = {}) {
    this.#canSpin = options.canSpin ?? hasCores;
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * Spins for `limits.spinBlockingMs` without giving up the thread, then looks once in each turn of
   * the event loop until `limits.spinMs` have passed.
   *
   * @returns Whether `ready` returned `true`; at once where it did so before the first turn, and where
   * this wait skips its spin.
   */
  spin(ready: () => boolean): Promise<boolean> | boolean {
    if (!this.isDue()) return false;
    const isFound = lookFor(ready, limits.spinBlockingMs, this.#now);
    return isFound ? this.#history.learn(true) : this.#spinInTurns(ready);
  }

  async #spinInTurns(ready: () => boolean): Promise<boolean> {
    const end = this.#now() + limits.spinMs;
    do {
      await turn();
      if (ready()) return this.#history.learn(true);
    } while (this.#now() < end);
    return this.#history.learn(false);
  }

  /** As `spin`, but keeps the thread for all of its time. */
  spinSync(ready: () => boolean): boolean {
    return this.isDue() && this.#history.learn(lookFor(ready, limits.spinMs, this.#now));
  }

  /** Whether the next wait spins; asked once for each wait. */
  isDue(): boolean {
    return this.#canSpin && this.#history.isDue();
  }
}

/**
 * Looks again and again, and keeps the thread.
 *
 * Every look takes the cache line away from the thread that is about to write it. So the pauses grow
 * with the time waited, and by the next look several messages may have come.
 *
 * @param ready What is looked for.
 * @param ms The longest time that it takes.
 * @param now The time in milliseconds.
 * @returns Whether `ready` returned `true`.
 */
function lookFor(ready: () => boolean, ms: number, now: () => number): boolean {
  const end = now() + ms;
  for (let pauses = 1; !ready(); pauses = Math.min(2 * pauses, MAX_PAUSES)) {
    if (now() >= end) return false;
    for (let i = 0; i < pauses; i++) Atomics.pause();
  }
  return true;
}
