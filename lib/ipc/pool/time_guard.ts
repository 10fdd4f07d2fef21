/**
 * Ends code that does not end: what runs in a guard is stopped when its time is over, wherever it
 * is. `Worker.terminate()` does not do that in Deno 2.9: a worker that loops is never stopped by it.
 *
 * @module
 */

// The Web platform has nothing that stops running code; node:vm has, by a thread of its own.
import { Script } from "node:vm";
import { limits } from "../../base/limits.ts";

const HOOK = "dari.time_guard";
const script = new Script(`globalThis[Symbol.for("${HOOK}")]()`);

/**
 * Runs a function up to its first `await`; costs about ten microseconds.
 *
 * @param run What to run; what it throws goes through.
 * @param timeoutMs How long it may take.
 * @returns Whether it came to its end.
 */
export function runGuarded(run: () => void, timeoutMs: number): boolean {
  const hook = Symbol.for(HOOK);
  const scope = globalThis as { [hook]?: () => void };
  let hasEnded = false;
  scope[hook] = () => {
    run();
    hasEnded = true;
  };
  try {
    script.runInThisContext({
      timeout: Math.max(1, Math.min(Math.ceil(timeoutMs), limits.maxTimerMs)),
    });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === TIMED_OUT)) throw error;
  }
  return hasEnded;
}

const TIMED_OUT = "ERR_SCRIPT_EXECUTION_TIMEOUT";
