/**
 * How long a `put` or `get` goes on waiting, and when it gives up on a producer that has died.
 *
 * A producer that dies while it owns the queue's lock never frees it. The waiters notice: the lock
 * shows the same ticket over `limits.stallSlices` waits of `limits.stallSliceMs` each. They count
 * waits and not time: a process that was suspended and goes on has lost one wait, and so has its
 * producer, which is about to go on as well.
 *
 * Invariant: `#slices` counts the waits in a row that ended without a change under `#ticket`.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { timedOut } from "../wait/event.ts";
import type { Obstacle } from "./queue_memory.ts";

/** What a producer waits for, as an error names it. */
export const ROOM = "Room in the queue";

/** The time limit of one operation, and the stalled producer that it may run into. */
export class StallDetector {
  readonly #timeoutMs: number;
  readonly #what: string;
  readonly #monotonic: () => number;
  readonly #deadline: number;
  #ticket = 0;
  #slices = 0;

  /**
   * Starts the time limit.
   *
   * @param timeoutMs The time limit of the operation, in milliseconds.
   * @param what What is waited for, as the error names it.
   * @param monotonic The clock, in milliseconds.
   */
  constructor(
    timeoutMs: number = Infinity,
    what: string = ROOM,
    monotonic: () => number = () => performance.now(),
  ) {
    this.#what = what;
    this.#timeoutMs = timeoutMs;
    this.#monotonic = monotonic;
    this.#deadline = monotonic() + timeoutMs;
  }

  /**
   * The length of the next wait, in milliseconds.
   *
   * @throws {DariError} `deadline_exceeded` once the time is over.
   */
  nextWaitMs(obstacle: Obstacle): number {
    const left = this.#deadline - this.#monotonic();
    if (left <= 0) throw timedOut(this.#what, this.#timeoutMs);
    return "busy" in obstacle ? Math.min(left, limits.stallSliceMs) : left;
  }

  /** Counts a wait that ended without a change; `true` once the producer counts as dead. */
  isStalled(obstacle: Obstacle): boolean {
    if (!("busy" in obstacle)) return false;
    const ticket = obstacle.busy | 1;
    this.#slices = ticket === this.#ticket ? this.#slices + 1 : 1;
    this.#ticket = ticket;
    return this.#slices >= limits.stallSlices;
  }
}
