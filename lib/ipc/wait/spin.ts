/**
 * Adaptive spinning: polling for a moment before going to sleep.
 *
 * Being woken by another thread takes 10 to 60 µs and two passes through the kernel. A change that
 * is only a few microseconds away is cheaper to wait for awake. Recent waits predict whether
 * spinning pays: after spins in vain, fewer and fewer waits begin with one.
 *
 * Invariant: `#left` counts the waits that still skip their spin, and never exceeds `#skips`, the
 * number chosen after the last spin, which is at most `limits.spinSkips`.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { turn } from "../../base/turn.ts";

/** With one core the other thread cannot get on while this one spins. */
const hasCores = navigator.hardwareConcurrency > 1;
const { maxSpinPauses: MAX_PAUSES } = limits;

/** Spins for one condition, as often as the recent spins were worth it. */
export class AdaptiveSpin {
  readonly #canSpin: boolean;
  #skips = 0;
  #left = 0;

  /** @param canSpin Whether another core can make the condition true meanwhile. */
  constructor(canSpin: boolean = hasCores) {
    this.#canSpin = canSpin;
  }

  /**
   * Spins for `limits.spinBlockingMs` without giving up the thread, then looks once in each turn of
   * the event loop until `limits.spinMs` have passed.
   *
   * @returns Whether `ready` returned `true`; `false` also where this wait skips its spin.
   */
  async spin(ready: () => boolean): Promise<boolean> {
    if (!this.#isDue()) return false;
    if (spinBlocking(ready, limits.spinBlockingMs)) return this.#learn(true);
    const end = performance.now() + limits.spinMs;
    do {
      await turn();
      if (ready()) return this.#learn(true);
    } while (performance.now() < end);
    return this.#learn(false);
  }

  /** As `spin`, but keeps the thread for all of `limits.spinMs`. */
  spinSync(ready: () => boolean): boolean {
    return this.#isDue() && this.#learn(spinBlocking(ready, limits.spinMs));
  }

  #isDue(): boolean {
    if (this.#left === 0) return this.#canSpin;
    this.#left--;
    return false;
  }

  #learn(found: boolean): boolean {
    this.#skips = found ? this.#skips >> 1 : Math.min(this.#skips * 2 + 1, limits.spinSkips);
    this.#left = this.#skips;
    return found;
  }
}

/**
 * Every look takes the cache line away from the thread that is about to write it. So the pauses grow
 * with the time waited, and by the next look several messages may have come.
 */
function spinBlocking(ready: () => boolean, ms: number): boolean {
  const end = performance.now() + ms;
  for (let pauses = 1; !ready(); pauses = Math.min(2 * pauses, MAX_PAUSES)) {
    if (performance.now() >= end) return false;
    for (let i = 0; i < pauses; i++) Atomics.pause();
  }
  return true;
}
