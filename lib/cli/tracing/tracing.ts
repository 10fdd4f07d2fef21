/**
 * Whether `dari serve` traces calls: it does where Deno records spans, which an environment variable
 * says.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { openTracer } from "../../ops/trace/open_tracer.ts";
import { tracedPool } from "../../ops/trace/traced_pool.ts";
import type { MethodPool } from "../../rpc/method/method.ts";
import type { CallTracer } from "../../rpc/trace/call_tracer.ts";
import { text, type ValueType } from "../app/value_type.ts";

/** A share of calls, from 0 to 1. */
export const traceShare: ValueType<number> = {
  ...text("SHARE"),
  expects: "a share from 0 to 1, for instance 0.01",
  parse(typed) {
    const share = Number(typed);
    return /^[\d.]+$/.test(typed) && share >= 0 && share <= 1 ? share : undefined;
  },
};

/**
 * Says which share of calls begins a trace.
 *
 * @param typed What `--trace-share` says.
 * @param env Gives a variable of the environment.
 * @returns The share; `undefined` where nothing is traced.
 * @throws {DariError} `usage` for a share where nobody records spans.
 */
export function traceShareOf(
  typed: number | undefined,
  env: (name: string) => string | undefined,
): number | undefined {
  const isRecorded = /^(?:1|true)$/i.test(env("OTEL_DENO") ?? "");
  if (isRecorded) return typed ?? 0;
  if (typed === undefined) return undefined;
  throw new DariError("usage", "--trace-share needs OTEL_DENO=true, by which Deno records spans");
}

/** What a server is given to trace its calls. */
export interface Tracing {
  readonly tracer: CallTracer | undefined;
  readonly pool: MethodPool | undefined;
}

/**
 * Opens what makes the spans of one thread.
 *
 * @param share What {@linkcode traceShareOf} said.
 * @param pool The pool of the thread's workers.
 * @returns The tracer, and the pool with spans of its own.
 */
export async function openTracing(
  share: number | undefined,
  pool: MethodPool | undefined,
): Promise<Tracing> {
  if (share === undefined) return { tracer: undefined, pool };
  const tracer = await openTracer({ share });
  return { tracer, pool: pool && tracedPool(pool, tracer) };
}
