/**
 * One call of a pool.
 *
 * @module
 */

import type { Request } from "./_pool_protocol.ts";
import type { Place } from "./_pool_slots.ts";

/** A call from its beginning to its end. */
export interface Call {
  readonly method: string;
  readonly params: unknown;
  readonly large: boolean;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly expiresAt: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly onAbort: () => void;
  /** Where it stands in the table of calls, once it was handed to the workers. */
  place?: Place;
  settled: boolean;
}

/** The call as the workers read it. */
export function requestOf(call: Call, place: Place): Request {
  const { method, params } = call;
  const request = { slot: place.slot, generation: place.generation, method };
  if (call.large) return { ...request, large: true };
  return params === undefined ? request : { ...request, params };
}
