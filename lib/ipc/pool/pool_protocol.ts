/**
 * What a pool posts to its workers, and they to it; calls and replies go through shared memory.
 *
 * @module
 */

import type { Failure } from "./pool_failure.ts";
import type { OwnPayload } from "./pool_frame.ts";
import type { Place } from "./pool_slots.ts";
import type { Encoding } from "../ring/value.ts";

/** What a worker is started with. */
export interface Start {
  readonly type: "start";
  /** Which worker of the pool it is. */
  readonly index: number;
  /** What it holds for as long as it lives. */
  readonly name: string;
  readonly module: string;
  readonly requests: SharedArrayBuffer;
  readonly results: SharedArrayBuffer;
  readonly slots: SharedArrayBuffer;
  readonly encoding: Encoding;
  readonly maxMessageBytes: number;
  /** How long a call may go on beyond its time. */
  readonly graceMs: number;
}

/** Posted to a worker while it runs a call. */
export type Order =
  | { readonly type: "params"; readonly place: Place; readonly payload: OwnPayload }
  | { readonly type: "cancel"; readonly place: Place };

/** Posted by a worker: whether it could load its module. */
export type Loaded =
  | { readonly type: "ready" }
  | { readonly type: "failed"; readonly failure: Failure };
