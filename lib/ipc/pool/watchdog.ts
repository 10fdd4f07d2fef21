/**
 * A watchdog for code that may never return: it is stopped wherever it is when its time is over.
 * `Worker.terminate()` does not do that in Deno 2.9, which never stops a worker that loops.
 *
 * @module
 */

// The Web platform has nothing that stops running code; node:vm has, by a thread of its own.
import { Script } from "node:vm";
import { limits } from "../../base/limits.ts";

const HOOK = "dari.watchdog";
/** What node:vm takes at most. */
const { maxTimerMs: MAX_TIMEOUT_MS } = limits;
const TIMED_OUT = "ERR_SCRIPT_EXECUTION_TIMEOUT";
const script = new Script(`globalThis[Symbol.for("${HOOK}")]()`);

/**
 * Runs a function up to its first `await`; costs about ten microseconds.
 *
 * @param run The function. An error that it throws is thrown on.
 * @param timeoutMs How long it may take, in milliseconds.
 * @returns `true` where it returned, `false` where it was stopped.
 */
export function runWithWatchdog(run: () => void, timeoutMs: number): boolean {
  const hook = Symbol.for(HOOK);
  const scope = globalThis as { [hook]?: () => void };
  let hasReturned = false;
  scope[hook] = () => {
    run();
    hasReturned = true;
  };
  try {
    const timeout = Math.max(1, Math.min(Math.ceil(timeoutMs), MAX_TIMEOUT_MS));
    script.runInThisContext({ timeout });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === TIMED_OUT)) throw error;
  }
  return hasReturned;
}
