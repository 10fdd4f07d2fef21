/**
 * Looking again for a moment before going to sleep.
 *
 * To be woken by another thread takes 10 to 60 µs and two passes through the kernel; what is only a
 * few microseconds away is cheaper to wait for awake. Whether it is near, the last waits tell.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { turn } from "../../base/turn.ts";

/** With one core the other thread cannot get on while this one looks. */
const hasCores = navigator.hardwareConcurrency > 1;
const { maxSpinPauses: MAX_PAUSES } = limits;

/** Looks for one condition. */
export class Spin {
  #skips = 0;
  #left = 0;

  /**
   * Looks for `limits.holdMs` holding the thread, then once in each turn of the event loop.
   *
   * @returns Whether `ready` has said so.
   */
  async look(ready: () => boolean): Promise<boolean> {
    if (!this.#isDue()) return false;
    if (hold(ready, limits.holdMs)) return this.#learn(true);
    const end = performance.now() + limits.spinMs;
    do {
      await turn();
      if (ready()) return this.#learn(true);
    } while (performance.now() < end);
    return this.#learn(false);
  }

  /** As `look`, holding the thread all the time. */
  lookSync(ready: () => boolean): boolean {
    return this.#isDue() && this.#learn(hold(ready, limits.spinMs));
  }

  #isDue(): boolean {
    if (this.#left === 0) return hasCores;
    this.#left--;
    return false;
  }

  /** After looks in vain, fewer and fewer waits begin with one. */
  #learn(found: boolean): boolean {
    this.#skips = found ? this.#skips >> 1 : Math.min(this.#skips * 2 + 1, limits.spinSkips);
    this.#left = this.#skips;
    return found;
  }
}

/**
 * Every look takes the cache line away from the thread that is about to write it: it is left alone
 * for as long again as it was already waited for, and by then there may be several messages.
 */
function hold(ready: () => boolean, ms: number): boolean {
  const end = performance.now() + ms;
  for (let pauses = 1; !ready(); pauses = Math.min(2 * pauses, MAX_PAUSES)) {
    if (performance.now() >= end) return false;
    for (let i = 0; i < pauses; i++) Atomics.pause();
  }
  return true;
}
