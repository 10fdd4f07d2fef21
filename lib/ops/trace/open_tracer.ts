/**
 * Spans of calls by OpenTelemetry: its API finds whoever records them, for instance Deno itself
 * (`OTEL_DENO=true`) or an SDK of the program's own.
 *
 * @see {@link https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/ | OpenTelemetry RPC spans}
 * @module
 */

import type { Span, SpanContext } from "@opentelemetry/api";
import { VERSION } from "../../base/version.ts";
import type { CallSpan, CallTracer, SpanAbout, SpanKind } from "../../rpc/trace/call_tracer.ts";

/** How calls are traced. */
export interface TracerOptions {
  /**
   * The share of calls without a `traceparent` for which a server begins a trace of its own, from 0
   * to 1. A caller's decision stands, whatever it is.
   *
   * @default {0}
   */
  readonly share?: number | undefined;
  /** Gives numbers from 0 to less than 1. @default {Math.random} */
  readonly random?: (() => number) | undefined;
}

/** Version 00 (W3C Trace Context, section 3.2.2): trace, parent, flags. */
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;
const SAMPLED = 1;

/**
 * Makes a tracer for `serve` and `connect`. Calls whose `traceparent` is sampled get a span, and so do
 * calls that a client makes while a span of the program is in use; others cost a look.
 *
 * @param options Which calls are traced besides.
 * @returns The tracer.
 * @throws {RangeError} For a share that is none.
 *
 * @example
 * ```ts
 * import { connect, listenMemory, openTracer, serve } from "@dari/dari";
 * import { assertEquals } from "@std/assert";
 *
 * const tracer = await openTracer({ share: 0.01 });
 * const memory = listenMemory();
 * await using server = await serve({ listen: memory, methods: { ping: () => "pong" }, tracer });
 * await using client = await connect(memory, { tracer });
 * assertEquals(await client.call("ping"), "pong");
 * ```
 */
export async function openTracer(
  { share = 0, random = Math.random }: TracerOptions = {},
): Promise<CallTracer> {
  if (!(share >= 0 && share <= 1)) throw new RangeError(`share is ${share}; it is from 0 to 1`);
  const api = await import("@opentelemetry/api");
  const tracer = api.trace.getTracer("dari", VERSION);
  const kinds = {
    client: api.SpanKind.CLIENT,
    server: api.SpanKind.SERVER,
    worker: api.SpanKind.INTERNAL,
  };
  const parentOf = ({ traceparent, tracestate }: SpanAbout, kind: SpanKind) => {
    const parent = traceparent === undefined ? undefined : spanContextOf(traceparent);
    if (parent === undefined) return kind === "client" ? api.context.active() : api.ROOT_CONTEXT;
    const state = tracestate === undefined ? {} : { traceState: api.createTraceState(tracestate) };
    return api.trace.setSpanContext(api.ROOT_CONTEXT, { ...parent, ...state });
  };
  return {
    samples(kind, traceparent) {
      if (traceparent !== undefined) return isSampled(traceparent);
      if (kind === "server") return share > 0 && random() < share;
      return kind === "client" && isRecorded(api.trace.getActiveSpan());
    },
    begin(kind, about) {
      const span = tracer.startSpan(nameOf(kind, about), {
        kind: kinds[kind],
        attributes: {
          "rpc.system.name": "jsonrpc",
          "rpc.method": about.method,
          ...(about.address === undefined ? {} : { "network.peer.address": about.address }),
        },
      }, parentOf(about, kind));
      if (!isRecorded(span)) return undefined; // nobody records spans here
      return callSpan(span, api);
    },
  };
}

function callSpan(
  span: Span,
  { trace, context, SpanStatusCode }: typeof import("@opentelemetry/api"),
): CallSpan {
  const { traceId, spanId, traceFlags } = span.spanContext();
  const flags = traceFlags.toString(16).padStart(2, "0");
  let isEnded = false;
  return {
    traceparent: `00-${traceId}-${spanId}-${flags}`,
    within: (work) => context.with(trace.setSpan(context.active(), span), work),
    end(error) {
      if (isEnded) return; // a stream that its reader leaves ends twice
      isEnded = true;
      if (error !== undefined) {
        // The code alone: a message may hold what the caller is not to read elsewhere.
        span.setAttribute("error.type", codeOf(error));
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end();
    },
  };
}

function nameOf(kind: SpanKind, { method }: SpanAbout): string {
  return kind === "worker" ? `worker ${method}` : method;
}

function isRecorded(span: Span | undefined): boolean {
  return span?.isRecording() === true;
}

/** Every call asks: the flags stand at the end of the text. */
function isSampled(traceparent: string): boolean {
  return ((spanContextOf(traceparent)?.traceFlags ?? 0) & SAMPLED) !== 0;
}

function spanContextOf(traceparent: string): SpanContext | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent) ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  return { traceId, spanId, traceFlags: parseInt(flags ?? "00", 16), isRemote: true };
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === "string" ? code : "internal";
}
