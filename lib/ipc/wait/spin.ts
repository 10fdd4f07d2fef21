/**
 * Adaptive spinning: polling for a moment before going to sleep.
 *
 * Being woken by another thread takes 10 to 60 µs and two passes through the kernel. A change that
 * is only a few microseconds away is cheaper to wait for awake. Recent waits predict whether
 * spinning pays: after spins in vain, fewer and fewer waits begin with one.
 *
 * Invariant: `#left` counts the waits that still skip their spin, and never exceeds `#skips`, the
 * number chosen after the last spin.
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
   * The time that one spin takes at most.
   *
   * @default {limits.spinMs}
   */
  readonly maxMs?: number;
  /**
   * The most waits in a row that do not spin.
   *
   * @default {limits.spinSkips}
   */
  readonly maxSkips?: number;
  /**
   * Waits a moment for what this thread is about to do, where the other side waits for that: it
   * would not be done while the thread is blocked.
   */
  readonly settle?: () => Promise<void>;
  /** Lets another process run that waits for this core: the other side may be among them. */
  readonly relinquish?: () => void;
  /** Moves this thread to another core, where the other side runs on this one. */
  readonly leave?: (() => void) | undefined;
  /**
   * The time in milliseconds.
   *
   * @default {performance.now()}
   */
  readonly now?: () => number;
}

/** Spins for one condition, as often as the recent spins were worth it. */
export class AdaptiveSpin {
  readonly #canSpin: boolean;
  readonly #maxMs: number;
  readonly #maxSkips: number;
  readonly #settle: (() => Promise<void>) | undefined;
  readonly #relinquish: (() => void) | undefined;
  readonly #leave: (() => void) | undefined;
  readonly #now: () => number;
  #skips = 0;
  #left = 0;
  /** Spins in a row, without skips between them, that had to share their core. */
  #crowded = 0;
  /** Spins that paid since the last rest, and how many waits the next rest will skip. */
  #paid = 0;
  #restSkips: number = limits.spinRestSkips;

  /** @param options How it spins. */
  constructor(options: SpinOptions = {}) {
    const { canSpin = hasCores, maxMs = limits.spinMs, maxSkips = limits.spinSkips } = options;
    this.#canSpin = canSpin;
    this.#maxMs = maxMs;
    this.#maxSkips = maxSkips;
    this.#settle = options.settle;
    this.#relinquish = options.relinquish;
    this.#leave = options.leave;
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * Spins for `limits.spinBlockingMs` without giving up the thread, then looks once in each turn of
   * the event loop until its time has passed.
   *
   * @returns Whether `ready` returned `true`; `false` at once where this wait skips its spin.
   */
  spin(ready: () => boolean): Promise<boolean> | false {
    return this.#isDue() && this.#spin(ready);
  }

  async #spin(ready: () => boolean): Promise<boolean> {
    await this.#settle?.();
    if (this.#block(ready, limits.spinBlockingMs)) return this.#learn("found");
    const end = this.#now() + this.#maxMs;
    let isCrowded = false;
    do {
      const givenUpMs = this.#relinquish === undefined ? 0 : this.#timeOf(this.#relinquish);
      if (givenUpMs > limits.spinRelinquishedMs) isCrowded = true;
      if (givenUpMs > limits.spinRobbedMs) return this.#learn("robbed") || ready();
      await turn();
      const isFound = this.#relinquish === undefined
        ? ready()
        : this.#block(ready, limits.spinBlockingMs);
      if (isFound) return this.#learn(isCrowded ? "crowded" : "found");
    } while (this.#now() < end);
    return this.#learn("vain");
  }

  /** As `spin`, but keeps the thread for all of its time. */
  spinSync(ready: () => boolean): boolean {
    return this.#isDue() && this.#learn(this.#block(ready, this.#maxMs) ? "found" : "vain");
  }

  #isDue(): boolean {
    if (this.#left === 0) return this.#canSpin;
    this.#left--;
    return false;
  }

  /**
   * Where both sides share one core, what the other one does is found as well, but sleeping would be
   * cheaper. A socket that wakes a process puts it on the core of who writes, so one side leaves it;
   * where that does not help, no core is free. A process that computes keeps the core that it is given
   * for milliseconds: one such spin is enough.
   */
  #learn(outcome: "found" | "vain" | "crowded" | "robbed"): boolean {
    if (outcome === "crowded" && ++this.#crowded < limits.spinCrowdedTries) {
      if (this.#crowded === 1) this.#leave?.();
      return true;
    }
    if (outcome === "crowded" || outcome === "robbed") this.#rest();
    else if (outcome === "found") this.#found();
    else this.#skips = Math.max(this.#skips, Math.min(this.#skips * 2 + 1, this.#maxSkips));
    this.#crowded = 0;
    this.#left = this.#skips;
    return outcome === "found" || outcome === "crowded";
  }

  #found(): void {
    this.#skips >>= this.#skips > this.#maxSkips ? 3 : 1;
    if (++this.#paid === limits.spinsForShortRest) this.#restSkips = limits.spinRestSkips;
  }

  /** Stops for long, and for longer each time, where cores are not free. */
  #rest(): void {
    this.#skips = this.#restSkips;
    this.#restSkips = Math.min(2 * this.#restSkips + 1, limits.maxSpinRestSkips);
    this.#paid = 0;
  }

  #timeOf(act: () => void): number {
    const before = this.#now();
    act();
    return this.#now() - before;
  }

  /**
   * Every look takes the cache line away from the thread that is about to write it. So the pauses grow
   * with the time waited, and by the next look several messages may have come.
   */
  #block(ready: () => boolean, ms: number): boolean {
    const end = this.#now() + ms;
    for (let pauses = 1; !ready(); pauses = Math.min(2 * pauses, MAX_PAUSES)) {
      if (this.#now() >= end) return false;
      for (let i = 0; i < pauses; i++) Atomics.pause();
    }
    return true;
  }
}
