/**
 * Spans of calls that workers run.
 *
 * @module
 */

import { ambientCall } from "../../base/context/ambient_call.ts";
import type { MethodPool } from "../../rpc/method/method.ts";
import { type CallTracer, endedWith } from "../../rpc/trace/call_tracer.ts";
import { withinSpan } from "../../rpc/trace/trace_methods.ts";

/**
 * Makes spans of the calls of a pool that belong to a trace: each from when the call is given to the
 * pool until its worker has answered. Calls that the worker makes have it as their parent.
 *
 * @param pool The pool.
 * @param tracer Makes the spans.
 * @returns A pool for `serve`.
 *
 * @example
 * ```ts
 * import { openTracer, tracedPool } from "@dari/dari";
 * import { WorkerPool } from "@dari/dari/ipc";
 * import { assertEquals } from "@std/assert";
 *
 * const module = "data:text/javascript,export const add = ([a, b]) => a + b;";
 * await using workers = new WorkerPool({ module, workers: 1 });
 * const pool = tracedPool(workers, await openTracer());
 * const options = { signal: AbortSignal.timeout(5_000), timeoutMs: 5_000 };
 * assertEquals(await pool.call("add", [1, 2], options), 3);
 * ```
 */
export function tracedPool(pool: MethodPool, tracer: CallTracer): MethodPool {
  return {
    call(method, params, options) {
      const { traceparent, tracestate } = ambientCall()?.carried ?? {};
      const run = () => pool.call(method, params, options);
      if (!tracer.samples("worker", traceparent)) return run();
      const span = tracer.begin("worker", { method, traceparent, tracestate });
      return span === undefined ? run() : endedWith(span, withinSpan(span, run));
    },
  };
}
