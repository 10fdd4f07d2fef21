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
/** The turn that `turnIfDue` has returned, until it comes. */
let pending: Promise<void> | undefined;

/**
 * Waits for one turn of the event loop, in which it handles timers that are due and messages that
 * have arrived. While one turn follows another without a pause, the runtime asks the system for
 * sockets that are ready in a few of them alone; {@linkcode socketTurn} waits for one of those.
 */
export function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/**
 * Waits until the event loop has looked at the sockets too. It takes about 0.1 ms.
 *
 * The scheduler below Deno asks the system for sockets that are ready when it has nothing else to
 * do, and otherwise with every 61st turn (tokio's `event_interval`). A thread that computes for 5 ms
 * in each turn would read what its clients send after 150 ms, in the middle.
 */
export function socketTurn(): Promise<void> {
  return new Promise((resolve) => {
    let left = limits.turnsUntilSockets;
    const again = () => --left === 0 ? resolve() : void setImmediate(again);
    setImmediate(again);
  });
}

/**
 * Gives the event loop a turn from time to time. A loop that awaits only promises which are resolved
 * already, for instance over memory that never runs empty, would keep the event loop waiting for ever;
 * so it calls this in each round.
 *
 * @returns A turn to wait for, or `undefined` while the last one was less than `limits.turnMs` ago. A
 * turn is returned to every call until it comes: one of them may not wait for it.
 */
export function turnIfDue(): Promise<void> | undefined {
  if (pending !== undefined) return pending;
  if (++calls % CALLS_PER_CLOCK_READING !== 0) return undefined;
  const now = performance.now();
  if (now - lastTurn < limits.turnMs) return undefined;
  lastTurn = now;
  pending = turn();
  void pending.then(() => pending = undefined);
  return pending;
}
