/**
 * What a call that a handler makes inherits from the call that the handler serves.
 *
 * @module
 */

import { type AmbientCall, ambientCall } from "../../base/context/ambient_call.ts";
import type { CallOptions } from "../call/call_options.ts";

/**
 * Adds to the options of a call what it inherits: the earlier deadline, cancellation, the trace and,
 * where the client delegates, on whose behalf it is made. What the options say themselves stands.
 *
 * @param options The options of the call.
 * @param timeoutMs The deadline of a call that names none, in milliseconds.
 * @param delegates Whether calls are made on behalf of the caller that the handler serves.
 * @returns The options of the call; those that were given where it inherits nothing.
 */
export function inherit<Options extends CallOptions>(
  options: Options | undefined,
  timeoutMs: number,
  delegates: boolean,
): Options | undefined {
  const served = ambientCall();
  if (served === undefined || options?.inherit === false) return options;
  return inheritedFrom(served, (options ?? {}) as Options, timeoutMs, delegates);
}

function inheritedFrom<Options extends CallOptions>(
  served: AmbientCall,
  options: Options,
  timeoutMs: number,
  delegates: boolean,
): Options {
  const { signal, meta } = options;
  const { traceparent, tracestate, chain } = served.carried;
  // A tracestate belongs to its traceparent.
  const isTraced = traceparent !== undefined && meta?.traceparent === undefined;
  const inherited = {
    ...(isTraced ? { traceparent } : {}),
    ...(isTraced && tracestate !== undefined ? { tracestate } : {}),
    ...(delegates && chain !== undefined ? { chain } : {}),
    ...meta,
  };
  return {
    ...options,
    timeoutMs: Math.min(options.timeoutMs ?? timeoutMs, served.leftMs()),
    signal: signal === undefined ? served.signal : AbortSignal.any([signal, served.signal]),
    ...(Object.keys(inherited).length === 0 ? {} : { meta: inherited }),
  };
}
