/**
 * How long one `put` goes on waiting, or a `get` for a `put` under way.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { timedOut } from "../wait/event.ts";
import type { Obstacle } from "./queue_memory.ts";

/** The time that one wait has, for room and for another producer. */
export class Patience {
  readonly #timeoutMs: number;
  readonly #what: string;
  readonly #deadline: number;
  #ticket = 0;
  #slices = 0;

  /** @param what What is waited for, as the error names it. */
  constructor(timeoutMs: number = Infinity, what = "Room in the queue") {
    this.#what = what;
    this.#timeoutMs = timeoutMs;
    this.#deadline = performance.now() + timeoutMs;
  }

  /**
   * How many milliseconds to wait before looking again.
   *
   * @throws {DariError} `deadline_exceeded` once the time is over.
   */
  slice(obstacle: Obstacle): number {
    const left = this.#deadline - performance.now();
    if (left <= 0) throw timedOut(this.#what, this.#timeoutMs);
    return "busy" in obstacle ? Math.min(left, limits.stallSliceMs) : left;
  }

  /**
   * Whether the producer in the way has to be given up, after one more slice in which nothing
   * changed. Slices and not the clock: a process that was stopped and goes on has lost one slice,
   * and its producer is about to go on as well.
   */
  isLost(obstacle: Obstacle): boolean {
    if (!("busy" in obstacle)) return false;
    const ticket = obstacle.busy | 1;
    this.#slices = ticket === this.#ticket ? this.#slices + 1 : 1;
    this.#ticket = ticket;
    return this.#slices >= limits.stallSlices;
  }
}
