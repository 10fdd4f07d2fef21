/**
 * One timer for many waits of the same length. Such waits end in the order in which they began, so
 * only the first needs the timer; one that is cancelled costs a fraction of a timer of its own.
 *
 * @module
 */

import { after } from "./abort.ts";

interface Wait {
  /** When it is over, in milliseconds of `performance.now()`. */
  readonly dueAt: number;
  callback: () => void;
}

const NOTHING = () => {};

/** The waits by their length, oldest first. The timer of each length runs while it is here. */
const waitsByMs = new Map<number, Set<Wait>>();

/**
 * Calls back once after a time, as `after` does. It is for waits that nearly always are cancelled: one
 * for each connection, say. The wait does not keep the program running.
 *
 * @param ms The time, in milliseconds; any length. A program has few different ones.
 * @param callback Called when the time is over; never for `Infinity`.
 * @returns A function that cancels the call.
 *
 * @example
 * ```ts
 * import { sharedAfter } from "./shared_after.ts";
 *
 * const forget = sharedAfter(60_000, () => console.log("a minute later"));
 * forget();
 * ```
 */
export function sharedAfter(ms: number, callback: () => void): () => void {
  if (ms === Infinity) return () => {};
  const wait = { dueAt: performance.now() + ms, callback };
  const waits = waitsByMs.get(ms) ?? begin(ms);
  waits.add(wait);
  return () => {
    waits.delete(wait);
    wait.callback = NOTHING;
  };
}

function begin(ms: number): Set<Wait> {
  const waits = new Set<Wait>();
  waitsByMs.set(ms, waits);
  run(ms, waits, ms);
  return waits;
}

function run(ms: number, waits: Set<Wait>, leftMs: number): void {
  after(Math.ceil(leftMs), () => {
    const now = performance.now();
    for (const wait of waits) {
      if (wait.dueAt > now) return run(ms, waits, wait.dueAt - now);
      waits.delete(wait);
      try {
        wait.callback();
      } catch (error) {
        reportError(error); // as of a timer of its own: the other waits go on
      }
    }
    waitsByMs.delete(ms);
  }, { persistent: false });
}
