/**
 * Looking for what other processes write, before a thread sleeps: one look serves all connections.
 *
 * Being woken over a socket takes 20 to 40 µs and two passes through the kernel; a change of shared
 * memory is seen in a fraction of one. But looking pays only where the other process runs meanwhile,
 * on another core. So who looks gives up its core from time to time, notices by the time that this
 * takes whether another process wanted it, and then rests: for so much longer than what it lost that
 * looking costs little even where no core is ever free.
 *
 * Invariant: `#run` is under way as long as something is in `#waiting`.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { turn } from "../../base/turn.ts";
import { lookFor } from "../wait/spin.ts";
import { leaveCore, relinquish } from "./core.ts";

/** What of the machine it uses; a test brings its own. */
export interface Cores {
  /** Whether another process can run while this thread looks. */
  readonly several: boolean;
  /** The time in milliseconds. */
  readonly now: () => number;
  /** Lets another process run that waits for this core. */
  relinquish(): void;
  /** Moves this thread to another core. */
  leave(): void;
}

/** Somebody who waits. */
interface Waiting {
  readonly ready: () => boolean;
  /** When it gives up. */
  readonly endMs: number;
  /** Whether it is this side that leaves a core which both share. */
  readonly leaves: boolean;
  readonly resolve: (isFound: boolean) => void;
}

const thisMachine: Cores = {
  several: navigator.hardwareConcurrency > 1,
  now: () => performance.now(),
  relinquish,
  leave: leaveCore,
};

/** Looks for everybody of this thread who waits. */
export class Lookout {
  readonly #cores: Cores;
  readonly #waiting = new Set<Waiting>();
  readonly #anyReady = () => this.#resolveReady() > 0;
  #isLooking = false;
  /** When the rest under way is over, and how long the next one will be. */
  #restEndMs = 0;
  #restMs: number = limits.minLookoutRestMs;
  /** Time that looks have saved, less the time that others had this core meanwhile. */
  #savedMs = 0;

  /** @param cores What of the machine it uses. */
  constructor(cores: Cores = thisMachine) {
    this.#cores = cores;
  }

  /** Whether this thread looks already, so that one more condition costs next to nothing. */
  get isLooking(): boolean {
    return this.#isLooking && this.#waiting.size < limits.maxLookoutWaiting;
  }

  /** Whether looking does not pay now, since no core is free. */
  get isResting(): boolean {
    return !this.#cores.several || this.#cores.now() < this.#restEndMs;
  }

  /**
   * Looks until something is there, for at most `limits.segmentSpinMs` times the number of those who
   * wait: the other side serves one after the other.
   *
   * @param ready Whether it is there.
   * @param leaves Whether this side leaves a core that both sides share.
   * @returns Whether `ready` returned `true`.
   */
  look(ready: () => boolean, leaves: boolean): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const endMs = this.#cores.now() + limits.segmentSpinMs * (1 + this.#waiting.size);
    this.#waiting.add({ ready, endMs, leaves, resolve });
    if (!this.#isLooking) void this.#run();
    return promise;
  }

  async #run(): Promise<void> {
    this.#isLooking = true;
    for (let rounds = 1; this.#waiting.size > 0; rounds++) {
      const isFound = this.#anyReady() || this.#block();
      if (!isFound) this.#giveUpCore();
      if (!isFound || rounds % limits.lookoutRoundsPerTurn === 0) await turn();
      else await this.#settle();
      this.#endLate();
    }
    this.#isLooking = false;
  }

  /** What comes while this thread holds its core comes from another core. */
  #block(): boolean {
    const isFound = lookFor(this.#anyReady, limits.spinBlockingMs, this.#cores.now);
    if (isFound) {
      this.#savedMs += limits.lookoutGainMs;
      if (this.#savedMs >= limits.maxLookoutSavedMs) {
        this.#savedMs = limits.maxLookoutSavedMs;
        this.#restMs = limits.minLookoutRestMs;
      }
    }
    return isFound;
  }

  /** Those who were resolved do what they waited for, and most of them wait again. */
  async #settle(): Promise<void> {
    for (let hops = 0; hops < limits.maxSettleMicrotasks && this.#waiting.size === 0; hops++) {
      await null;
    }
  }

  #resolveReady(): number {
    let found = 0;
    for (const waiting of this.#waiting) {
      if (!isReady(waiting)) continue;
      this.#end(waiting, true);
      found++;
    }
    return found;
  }

  #endLate(): void {
    if (this.#waiting.size === 0) return;
    const nowMs = this.#cores.now();
    const isResting = nowMs < this.#restEndMs;
    for (const waiting of this.#waiting) {
      if (isResting || nowMs >= waiting.endMs) this.#end(waiting, isReady(waiting));
    }
  }

  #end(waiting: Waiting, isFound: boolean): void {
    this.#waiting.delete(waiting);
    waiting.resolve(isFound);
  }

  /**
   * What the other side does on this core is found as well, but sleeping would be cheaper. A socket that
   * wakes a process puts it on the core of who writes, so one side leaves it; where that does not help,
   * no core is free. A process that computes keeps the core that it is given for milliseconds.
   */
  #giveUpCore(): void {
    const before = this.#cores.now();
    this.#cores.relinquish();
    const lostMs = this.#cores.now() - before;
    if (lostMs <= limits.spinRelinquishedMs) return;
    this.#savedMs -= lostMs;
    if (this.#waiting.values().some(({ leaves }) => leaves)) this.#cores.leave();
    if (this.#savedMs < -limits.maxLookoutLostMs) this.#rest();
  }

  /** Stops for a while, and for longer each time. */
  #rest(): void {
    this.#restEndMs = this.#cores.now() + this.#restMs;
    this.#restMs = Math.min(2 * this.#restMs, limits.maxLookoutRestMs);
    this.#savedMs = 0;
  }
}

/** Memory that was released cannot be looked at: who waits for it has to notice that itself. */
function isReady({ ready }: Waiting): boolean {
  try {
    return ready();
  } catch {
    return true;
  }
}
