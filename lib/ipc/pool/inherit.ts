/**
 * What a call of a pool inherits from the call that a handler serves, in this thread and then in the
 * worker's.
 *
 * @module
 */

import { ambientCall, type CarriedContext } from "../../base/context/ambient_call.ts";
import { byteLength } from "../../base/text/byte_length.ts";
import { limits } from "../../base/limits.ts";
import type { PoolCallOptions } from "./options.ts";

/** What bounds a call, and what travels with it to its worker. */
export interface InheritedOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** The text that {@linkcode carriedOf} reads; "" for nothing. */
  readonly carried: string;
}

/**
 * Adds what a call inherits to its options.
 *
 * @param options The options.
 * @returns The earlier deadline, both signals, and what travels on.
 */
export function inherit(
  { timeoutMs = limits.callTimeoutMs, signal, inherit = true }: PoolCallOptions,
): InheritedOptions {
  const served = inherit ? ambientCall() : undefined;
  if (served === undefined) return { timeoutMs, signal, carried: "" };
  const isSame = signal === undefined || signal === served.signal;
  return {
    timeoutMs: Math.min(timeoutMs, served.leftMs()),
    signal: isSame ? served.signal : AbortSignal.any([signal, served.signal]),
    carried: textOf(served.carried),
  };
}

/**
 * Reads what travelled with a call.
 *
 * @param text The text of {@linkcode InheritedOptions}.
 * @returns What travels on to the calls of its handler.
 */
export function carriedOf(text: string): CarriedContext {
  return text === "" ? {} : JSON.parse(text);
}

function textOf({ traceparent, tracestate, chain }: CarriedContext): string {
  if (traceparent === undefined && chain === undefined) return "";
  const text = JSON.stringify({ traceparent, tracestate, chain });
  // Nobody bounds a traceparent; the names of a chain have their bound.
  return byteLength(text) <= limits.maxPoolCarriedBytes ? text : textOf({ chain });
}
