/**
 * What the main thread of `dari serve --threads` and the threads that serve its ports say to each
 * other.
 *
 * @module
 */

import type { Policy } from "../../auth/mod.ts";
import type { ServeOptions } from "../../endpoint/serve.ts";
import type { GroupCredentials } from "../../endpoint/threads/certificates.ts";
import type { ThreadReport } from "../../endpoint/threads/serving_threads.ts";
import type { BoundsMemory } from "../../endpoint/threads/shared_bounds.ts";
import type { TapBatch } from "../../ops/tap/tap_queue.ts";
import type { TapRequest } from "../../ops/tap/tapped_call.ts";
import type { ConnectionList, Owner } from "../../ops/live/connections.ts";
import type { LogSettings } from "../../ops/open_log.ts";
import type { MetricFamily } from "../../ops/metrics/family.ts";
import type { StoppedRecord, StopRecord } from "../../rpc/observer.ts";
import type { RelayPiece } from "./relay/relay_end.ts";
import type { RelayedMethod } from "./relay/relayed_methods.ts";

/** Options of a server that each thread has of its own, or that are functions. */
export const OWN_OPTIONS = [
  "clock",
  "extensions",
  "gate",
  "https",
  "idempotency",
  "interceptors",
  "ledger",
  "listen",
  "log",
  "metrics",
  "methods",
  "natsState",
  "observer",
  "onRefused",
  "operations",
  "pool",
  "queues",
  "random",
  "reusePort",
  "tls",
  "tracer",
] as const satisfies readonly (keyof ServeOptions)[];

/** All other options of a server: every thread has the same. */
export type ToldServeOptions = Omit<ServeOptions, typeof OWN_OPTIONS[number]>;

/** What every thread of a server is started with. */
export interface ServingSettings {
  /** The file of the user's module; `undefined` for the sample methods. */
  readonly module: string | undefined;
  /** Where to listen, as `--listen` has it, with real ports. */
  readonly listen: readonly string[];
  /** How many workers the pool of each thread has, for methods that ask for one. */
  readonly workers: number;
  /** How the log is written. */
  readonly log: LogSettings;
  /** The share of calls that begins a trace; `undefined` where nothing is traced. */
  readonly traceShare?: number | undefined;
  /** Where the main thread speaks HTTP, if it does. */
  readonly httpsAt?: string | undefined;
  /** Everything else. */
  readonly serve: ToldServeOptions & { readonly data: string };
}

/** The first message of a thread. */
export interface StartOrder extends ServingSettings {
  /** The kind of message. */
  readonly type: "start";
  /** The number of the thread, from 1. */
  readonly thread: number;
  /** The name of the lifeline that it holds. */
  readonly lifeline: string;
  /** Whether another thread has listened already. */
  readonly isTried: boolean;
  /** The memory of the common bounds. */
  readonly bounds: BoundsMemory;
  /** The monotonic time of the main thread, in milliseconds. */
  readonly monotonicMs: number;
  /** Who may call what. */
  readonly policy: Policy;
  /** The certificates. */
  readonly certificates: readonly GroupCredentials[];
  /** The methods for operations, which the main thread answers. */
  readonly operations: readonly RelayedMethod[];
}

/** What the main thread says. */
export type Order =
  | StartOrder
  | { readonly type: "policy"; readonly policy: Policy }
  | { readonly type: "certificate"; readonly fresh: GroupCredentials }
  /** An answer of the main thread to a call that the thread has passed on. */
  | { readonly type: "relay"; readonly piece: RelayPiece }
  /** Show calls, until the tap ends; the next batch when this one was taken. */
  | { readonly type: "tap"; readonly tap: number; readonly request: TapRequest }
  | { readonly type: "tapTaken"; readonly tap: number }
  | { readonly type: "endTap"; readonly tap: number }
  /** Which connections are open, of all or of somebody? */
  | { readonly type: "connections"; readonly question: number; readonly owner?: Owner | undefined }
  /** The lines of the log that came last are in the main thread's queue. */
  | { readonly type: "logged" }
  | { readonly type: "stop"; readonly drainTimeoutMs: number };

/** What a thread says beside {@linkcode ThreadReport}. */
export type ThreadMessage =
  /** Lines of the log, with LF between them. */
  | { readonly type: "log"; readonly lines: string }
  /** It lives, so many handlers are at work, and it has counted so much since it began. */
  | {
    readonly type: "report";
    readonly running: number;
    readonly metrics: readonly MetricFamily[];
  }
  /** A call of a method for operations, which the main thread answers. */
  | { readonly type: "relay"; readonly piece: RelayPiece }
  | { readonly type: "connections"; readonly question: number; readonly list: ConnectionList }
  | { readonly type: "tapped"; readonly tap: number; readonly batch: TapBatch }
  | { readonly type: "stopping"; readonly stop: StopRecord }
  | { readonly type: "drained"; readonly stopped: StoppedRecord };

/** All that a thread says. */
export type Report = ThreadReport | ThreadMessage;
