/**
 * One call of a pool.
 *
 * @module
 */

import type { Place } from "./pool_slots.ts";

/** A call from its beginning to its end. */
export interface Call {
  readonly method: string;
  readonly params: unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly expiresAt: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly onAbort: () => void;
  /** Where it stands in the table of calls, while the workers have it. */
  place?: Place;
  settled: boolean;
}
