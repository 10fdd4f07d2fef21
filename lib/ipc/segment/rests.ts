/**
 * When a thread does not look for what other processes write, since it has no core to look with.
 *
 * A look in vain loses the core to other programs for milliseconds at a time. So neither the first look
 * nor the end of a long rest is a try: the system counts how long this thread waited for a core since it
 * began, and in each rest how long the cores were idle.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { CoreTimes } from "./core_times.ts";

/** What it measures with; a test brings its own. */
export interface RestClocks {
  /** The time in milliseconds; the same one in all processes. */
  readonly now: () => number;
  /** What this thread had of the cores; `undefined` where nobody knows. */
  readonly times: () => CoreTimes | undefined;
}

/** The rests of one thread. */
export class Rests {
  readonly #clocks: RestClocks;
  /** How long the next one will be. */
  #nextMs: number = limits.minLookoutRestMs;
  /** When the one under way began and ends; the end is 0 where there is none, NaN before the first. */
  #startMs = 0;
  #endMs = NaN;
  /** What was read when it began; absent where its end is not checked. */
  #startTimes: CoreTimes | undefined;

  /** @param clocks What it measures with. */
  constructor(clocks: RestClocks) {
    this.#clocks = clocks;
  }

  /** Whether the thread rests now. */
  isUnderWay(): boolean {
    if (this.#endMs === 0) return false; // reading the clock is no small part of a call
    const nowMs = this.#clocks.now();
    if (Number.isNaN(this.#endMs)) this.#first(nowMs);
    else if (nowMs >= this.#endMs) this.#end(nowMs);
    return this.#endMs !== 0;
  }

  /** Begins one, longer than the one before. */
  begin(): void {
    const isChecked = this.#nextMs >= limits.checkedLookoutRestMs;
    this.#last(this.#nextMs, this.#clocks.now(), isChecked ? this.#clocks.times() : undefined);
    this.#nextMs = Math.min(2 * this.#nextMs, limits.maxLookoutRestMs);
  }

  /** Looks have paid: the next one is short again. */
  shorten(): void {
    this.#nextMs = limits.minLookoutRestMs;
  }

  /** A thread that has waited for cores since it began starts with a rest. */
  #first(nowMs: number): void {
    const times = this.#clocks.times();
    this.#endMs = 0;
    if (times === undefined) return;
    const isFree = times.waitedMs <= limits.maxLookoutWaitedShare * (times.ranMs + times.waitedMs);
    if (!isFree) this.#last(limits.checkedLookoutRestMs, nowMs, times);
  }

  /**
   * A rest ends at a multiple of its length, so that both sides of a connection look again at the same
   * time: whoever looks while the other one rests wakes it, on the core that it looks with.
   */
  #last(ms: number, nowMs: number, times: CoreTimes | undefined): void {
    const endMs = Math.ceil(nowMs / ms) * ms;
    this.#startMs = nowMs;
    this.#endMs = endMs - nowMs < ms / 2 ? endMs + ms : endMs;
    this.#startTimes = times;
  }

  /** Ends it, unless other programs had the cores meanwhile. */
  #end(nowMs: number): void {
    const from = this.#startTimes, to = from && this.#clocks.times();
    const isFree = from === undefined || to === undefined ||
      coresMs(from, to) >= limits.minLookoutCores * (nowMs - this.#startMs);
    if (isFree) this.#endMs = 0;
    else this.#last(limits.checkedLookoutRestMs, nowMs, to);
  }
}

/**
 * The time on cores that both sides of a connection had, or could have had, in milliseconds. The other
 * side has about as much to do with a call as this one, so it is taken to have run for as long.
 */
function coresMs(from: CoreTimes, to: CoreTimes): number {
  return to.idleMs - from.idleMs + 2 * (to.ranMs - from.ranMs);
}
