/**
 * Turns of the event loop.
 *
 * @module
 */

// The Web's timers take a millisecond and more; through this one a turn takes about 1 µs.
import { setImmediate } from "node:timers";
import { limits } from "./limits.ts";

const { roundsPerClockRead: CALLS } = limits;

let calls = 0;
let lastTurn = 0;

/**
 * Waits for one turn of the event loop: timers that are due, sockets that are ready and messages
 * that have come are served meanwhile.
 */
export function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/**
 * A turn, when one is due. Promises that are always resolved already would keep the thread for as
 * long as they come: a loop over memory that never runs empty asks here each time around.
 *
 * @returns The turn to wait for, or `undefined` while the last one was less than `limits.turnMs` ago.
 */
export function turnIfDue(): Promise<void> | undefined {
  if (++calls % CALLS !== 0) return undefined;
  const now = performance.now();
  if (now - lastTurn < limits.turnMs) return undefined;
  lastTurn = now;
  return turn();
}
