/**
 * The messages that a pool and its workers post to each other. Calls and replies are not among them:
 * they go through shared memory.
 *
 * @module
 */

import type { Failure } from "./failure.ts";
import type { OwnPayload } from "./frame.ts";
import type { Place } from "./slots.ts";
import type { Encoding } from "../../ring/value.ts";

/** The first message to a worker. */
export interface Start {
  readonly type: "start";
  /** The index of the worker in its pool. */
  readonly index: number;
  /** The number of this thread among those of the worker. */
  readonly thread: number;
  /** The name of its lifeline, which it holds until it ends. */
  readonly name: string;
  /** The URL of the module with the methods. */
  readonly module: string;
  /** The queue of calls, shared by all workers. */
  readonly requests: SharedArrayBuffer;
  /** The ring of this worker's replies. */
  readonly results: SharedArrayBuffer;
  /** The table of slots, shared by all workers. */
  readonly slots: SharedArrayBuffer;
  /** The table of living threads, shared by all workers. */
  readonly living: SharedArrayBuffer;
  readonly encoding: Encoding;
  readonly maxMessageBytes: number;
  /** How long a call may go on after its deadline, in milliseconds. */
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
