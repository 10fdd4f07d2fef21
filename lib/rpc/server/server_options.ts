/**
 * What a server is made with.
 *
 * @module
 */

import type { Gate } from "../../auth/sign_in/gate.ts";
import type { Clock } from "../../base/clock.ts";
import type { Extension } from "../builtin/extension.ts";
import type { LifeSignOptions } from "../connection/life_signs.ts";
import type { Publishing } from "../method/publishing.ts";
import type { IdempotencyOptions } from "../idempotency/kept_answers.ts";
import type { ServerInterceptor } from "../interceptor/interceptor.ts";
import type { MethodPool, Methods } from "../method/method.ts";
import type { Observer } from "../observer.ts";
import type { TakenBytes } from "../outbox/reply_budget.ts";
import type { OverloadOptions } from "../overload/overload_options.ts";
import type { CallTracer } from "../trace/call_tracer.ts";
import type { AdmissionOptions, SharedCounts } from "./admission.ts";
import type { ConnectionAgeOptions } from "./connection_age.ts";

/** What a server is made with. */
export interface ServerOptions
  extends AdmissionOptions, ConnectionAgeOptions, LifeSignOptions, OverloadOptions {
  /** The methods by name. */
  readonly methods: Methods;
  /**
   * Methods of dari itself by which administrators see and change what the server does; their names
   * begin with `rpc.`. They need the role `admin` or a right that names them.
   *
   * @default {{}}
   */
  readonly operations?: Methods | undefined;
  /**
   * Methods of dari itself that it has more, whose rights depend on what they are called with.
   *
   * @default {[]}
   * @ignore
   */
  readonly extensions?: readonly Extension[] | undefined;
  /**
   * Publishes what handlers publish by their context. `serve({ queues })` has its own.
   *
   * @default {there are no topics}
   */
  readonly publishing?: Publishing | undefined;
  /** Names of methods that need no sign-in, beside those that say so themselves. */
  readonly public?: readonly string[] | undefined;
  /** Runs methods with `worker: true`, for instance a `WorkerPool`. The caller closes it. */
  readonly pool?: MethodPool | undefined;
  /**
   * Decides who calls and what they may call.
   *
   * @default {createPeerGate()}
   */
  readonly gate?: Gate | undefined;
  /**
   * Hears of calls, sign-ins and connections: one observer or several; `[]` for none.
   *
   * @default {what handlers throw is written to console.error, so many lines a minute at most}
   */
  readonly observer?: Observer | readonly Observer[] | undefined;
  /**
   * How the answers of calls with an idempotency key are kept: such a call runs once, however often
   * it comes. `false` leaves keys to the handlers.
   *
   * @default {in memory, for a day, 64 MiB}
   */
  readonly idempotency?: IdempotencyOptions | false | undefined;
  /**
   * Stand around every handler, the first one outermost, once a call may be made and its params fit.
   * The built-in methods have none.
   *
   * @default {[]}
   */
  readonly interceptors?: readonly ServerInterceptor[] | undefined;
  /**
   * Makes spans of calls that are sampled, around their handlers: `openTracer()` makes one.
   *
   * @default {none}
   */
  readonly tracer?: CallTracer | undefined;
  /** Title and version for `rpc.discover`. */
  readonly info?: { readonly title: string; readonly version: string } | undefined;
  /**
   * The most calls that one connection may have under way.
   *
   * @default {1_024}
   */
  readonly maxCallsInFlight?: number | undefined;
  /**
   * The deadline of a call that names none, in milliseconds.
   *
   * @default {30_000}
   */
  readonly callTimeoutMs?: number | undefined;
  /**
   * How long a peer may take nothing of what waits for it before it is cut, in milliseconds.
   *
   * @default {30_000}
   */
  readonly stalledPeerMs?: number | undefined;
  /**
   * How often a peer that has ended its input and still has calls is asked whether it is there, in
   * milliseconds.
   *
   * @default {10_000}
   */
  readonly halfOpenProbeMs?: number | undefined;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
}

/** Bounds that several servers keep together, as the threads of one program do. */
export interface SharedBounds {
  /** Counts their connections. */
  readonly connections?: SharedCounts | undefined;
  /** What their connections may owe beyond their free share. */
  readonly replyBytes?: TakenBytes | undefined;
  /** Where one of them speaks HTTP, which clients that do are told. */
  readonly httpsAt?: string | undefined;
}
