/**
 * Spans around the handlers of a server.
 *
 * @module
 */

import { type AmbientCall, ambientCall, runWithin } from "../../base/context/ambient_call.ts";
import type { Context } from "../method/context.ts";
import type { RegisteredMethod } from "../method/registry.ts";
import { type CallSpan, type CallTracer, endedWith } from "./call_tracer.ts";

/**
 * Puts spans around methods. A call that is not sampled goes straight to its handler.
 *
 * @param methods The methods, which are changed.
 * @param tracer Makes the spans; without one the methods stay as they are.
 */
export function traceMethods(
  methods: Iterable<RegisteredMethod>,
  tracer: CallTracer | undefined,
): void {
  if (tracer === undefined) return;
  for (const method of methods) {
    const { name, handler } = method;
    const spanned: typeof handler = (params, context) =>
      tracer.samples("server", context.meta.traceparent)
        ? traced(tracer, name, () => handler(params, context), context)
        : handler(params, context);
    method.handler = spanned;
  }
}

function traced(
  tracer: CallTracer,
  method: string,
  handle: () => unknown,
  { meta: { traceparent, tracestate }, peer: { address } }: Context,
): unknown {
  const span = tracer.begin("server", { method, traceparent, tracestate, address });
  if (span === undefined) return handle();
  const run = <T>(work: () => T): T => span.within(() => withinSpan(span, work));
  let returned: unknown;
  try {
    returned = run(handle);
  } catch (error) {
    span.end(error);
    throw error;
  }
  if (returned instanceof Promise) return endedWith(span, returned);
  if (isIterable(returned)) return itemsWithin(span, returned, run);
  span.end();
  return returned;
}

/**
 * Runs work whose calls have the span as their parent.
 *
 * @param span The span.
 * @param work The work.
 */
export function withinSpan<T>(span: CallSpan, work: () => T): T {
  const served = ambientCall();
  return served === undefined ? work() : runWithin(carrying(served, span), work);
}

/** The call that is served, as its own calls inherit from it. */
function carrying(served: AmbientCall, { traceparent }: CallSpan): AmbientCall {
  return {
    get inherits() {
      return served.inherits;
    },
    get signal() {
      return served.signal;
    },
    get carried() {
      return { ...served.carried, traceparent };
    },
    leftMs: () => served.leftMs(),
  };
}

/** The body of a generator runs with each `next`, and so does what it calls. */
function itemsWithin(
  span: CallSpan,
  items: AsyncIterable<unknown>,
  run: <T>(work: () => T) => T,
): AsyncIterable<unknown> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = items[Symbol.asyncIterator]();
      const ending = (step: Promise<IteratorResult<unknown>>) =>
        step.then((result) => {
          if (result.done) span.end();
          return result;
        }, (error) => {
          span.end(error);
          throw error;
        });
      return {
        next: () => ending(run(() => iterator.next())),
        return(value?: unknown) {
          span.end();
          return run(() => iterator.return?.(value)) ?? Promise.resolve({ done: true, value });
        },
      };
    },
  };
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
