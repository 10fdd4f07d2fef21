/**
 * The clock that queues, jobs and topics read, which somebody sets.
 *
 * @module
 */

import type { Clock } from "../../../lib/base/clock.ts";
import type { VirtualTime } from "../time/virtual_time.ts";

/** How far it is set forward or back, in milliseconds. */
const STEP_MS = 60 * 60_000;

/** One clock for all servers, as on one machine. */
export class MachineClock implements Clock {
  readonly #time: VirtualTime;
  /** How far it is ahead of the right time, in milliseconds. */
  #aheadMs = 0;
  #wasSet = false;
  /** How far it was ahead when each program began that keeps its own time from there. */
  readonly #begun = new Set<number>();

  /** @param time The right time. */
  constructor(time: VirtualTime) {
    this.#time = time;
  }

  now(): number {
    return this.#time.wall() + this.#aheadMs;
  }

  monotonic(): number {
    return this.#time.now();
  }

  /** Somebody sets it forward or back by an hour. */
  set(isForward: boolean): void {
    this.#wasSet = true;
    this.#aheadMs = isForward ? STEP_MS : -STEP_MS;
  }

  /** It is right again. */
  setRight(): void {
    this.#aheadMs = 0;
  }

  /** Where it was set, it comes to every time that it has shown: what was delayed until then is due. */
  catchUp(): void {
    if (this.#wasSet) this.#aheadMs = STEP_MS;
  }

  /** A program begins by it. */
  began(): void {
    this.#begun.add(this.#aheadMs);
  }

  /** Whether all programs have counted from the same time: then leases are worth what they say. */
  get wasOneTime(): boolean {
    return this.#begun.size <= 1;
  }
}
