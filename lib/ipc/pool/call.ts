/**
 * One call of a pool.
 *
 * @module
 */

import type { Place } from "./wire/slots.ts";

/**
 * A call, from `WorkerPool.call` until it is settled and no worker has it any more. It is settled once;
 * its worker may still run it afterwards, and then it keeps its place until the worker replies or ends.
 */
export interface Call {
  readonly method: string;
  readonly params: unknown;
  /** What travels on to the calls of its method; "" for nothing. */
  readonly carried: string;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** The deadline, as `performance.now()` tells the time. */
  readonly expiresAt: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Listens to `signal` until the call is settled. */
  readonly onAbort: () => void;
  /** Its slot; set while the call is dispatched to the workers. */
  place?: Place;
  /** Whether the caller has got its result or error. */
  settled: boolean;
}
