/**
 * Turns of the event loop.
 *
 * @module
 */

// The Web's timers take a millisecond and more; a turn through this one takes about 1 µs.
import { setImmediate } from "node:timers";
import { limits } from "./limits.ts";

/** Calls of `turnIfDue` for each reading of the clock, which costs more than the rest of it. */
const { roundsPerClockRead: CALLS_PER_CLOCK_READING } = limits;

let calls = 0;
/** When `turnIfDue` last returned a turn, as `performance.now()` tells the time. */
let lastTurn = 0;

/**
 * Waits for one turn of the event loop, in which it handles timers that are due, sockets that are
 * ready and messages that have arrived.
 */
export function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/**
 * Gives the event loop a turn from time to time. A loop that awaits only promises which are resolved
 * already, for instance over memory that never runs empty, would keep the event loop waiting for ever;
 * so it calls this in each round.
 *
 * @returns A turn to wait for, or `undefined` while the last one was less than `limits.turnMs` ago.
 */
export function turnIfDue(): Promise<void> | undefined {
  if (++calls % CALLS_PER_CLOCK_READING !== 0) return undefined;
  const now = performance.now();
  if (now - lastTurn < limits.turnMs) return undefined;
  lastTurn = now;
  return turn();
}
