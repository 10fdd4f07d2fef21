/**
 * One timer for many waits of the same length. Such waits end in the order in which they began, so
 * only the first needs the timer; one that is cancelled costs a fraction of a timer of its own.
 *
 * @module
 */

import { after } from "./abort.ts";
import { limits } from "./limits.ts";

interface Wait {
  /** When it is over, in milliseconds of `performance.now()`. */
  readonly dueAt: number;
  /** Whether it keeps the program running. */
  readonly isPersistent: boolean;
  callback: () => void;
}

/** The waits of one length. */
interface Line {
  /** Oldest first. */
  readonly waits: Set<Wait>;
  /** How many of them keep the program running. */
  persistent: number;
  /** Runs while the line is in `lines`. A number in browsers, where nothing keeps a page running. */
  timer: { ref?(): void; unref?(): void };
  /** The moment for which the timer is set: once it calls back, that has passed. */
  firesAt: number;
}

const NOTHING = () => {};

/** The lines by the length of their waits, and the timers that they run on. */
const lines = new Map<number, Line>();
let timers = globalThis.setTimeout;

/**
 * Calls back once after a time, as `after` does. It is for waits that nearly always are cancelled: one
 * for each connection, say.
 *
 * @param ms The time, in milliseconds; any length. A program has few different ones: beyond
 * `limits.maxSharedTimers` of them a wait has a timer of its own.
 * @param callback Called when the time is over; never for `Infinity`.
 * @param options Whether the wait keeps the program running; by default it does not.
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
export function sharedAfter(
  ms: number,
  callback: () => void,
  { persistent = false }: { readonly persistent?: boolean | undefined } = {},
): () => void {
  if (timers !== globalThis.setTimeout) {
    // A test has put its own in their place, or taken them away again: those may never end.
    timers = globalThis.setTimeout;
    lines.clear();
  }
  const dueAt = performance.now() + ms;
  const line = lines.get(ms) ?? begin(ms, dueAt);
  if (line === undefined) return after(ms, callback, { persistent });
  const wait = { dueAt, isPersistent: persistent, callback };
  line.waits.add(wait);
  if (persistent && ++line.persistent === 1) line.timer.ref?.();
  return () => {
    wait.callback = NOTHING;
    if (line.waits.delete(wait) && persistent && --line.persistent === 0) line.timer.unref?.();
  };
}

/** Begins a line, where another one may begin. */
function begin(ms: number, dueAt: number): Line | undefined {
  if (lines.size >= limits.maxSharedTimers || ms > limits.maxTimerMs) return undefined;
  const line: Line = { waits: new Set(), persistent: 0, timer: {}, firesAt: dueAt };
  lines.set(ms, line);
  run(ms, line, ms);
  return line;
}

function run(ms: number, line: Line, leftMs: number): void {
  const timer = setTimeout(() => end(ms, line), Math.max(0, Math.ceil(leftMs)));
  line.timer = timer as unknown as Line["timer"];
  if (line.persistent === 0) line.timer.unref?.();
}

function end(ms: number, line: Line): void {
  const now = Math.max(performance.now(), line.firesAt);
  for (const wait of line.waits) {
    if (wait.dueAt > now) {
      line.firesAt = wait.dueAt;
      return run(ms, line, wait.dueAt - now);
    }
    line.waits.delete(wait);
    if (wait.isPersistent) line.persistent--;
    try {
      wait.callback();
    } catch (error) {
      reportError(error); // as of a timer of its own: the other waits go on
    }
  }
  if (lines.get(ms) === line) lines.delete(ms);
}
