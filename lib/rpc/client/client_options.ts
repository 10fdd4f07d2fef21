/**
 * What a client is made with, and what one of its calls takes.
 *
 * @module
 */

import type { CallTracer } from "../trace/call_tracer.ts";
import type { CallOptions, StreamOptions } from "../call/call_options.ts";
import type { Next } from "../interceptor/interceptor.ts";
import type { CircuitOptions, CircuitStatus } from "../retry/circuit.ts";
import type { RetryOptions, RetryThrottlingOptions } from "../retry/retry_options.ts";
import type { LinkOptions } from "../link/link_options.ts";

/** What one call of a client takes beside method and params. */
export interface ClientCallOptions extends CallOptions {
  /**
   * The call may be made twice without harm, so it is tried again when the server could not be
   * reached or was too busy, inside the same deadline. When the server is silent it is made over
   * another connection as well; the first answer counts, and the other call is cancelled. With
   * `false` it is never tried again.
   *
   * @default {what the server says of the method, once a call of it has failed}
   */
  idempotent?: boolean | undefined;
  /**
   * Names the call, 1 to 256 characters: the server runs it once however often it comes, and gives
   * the same answer each time. So it is tried again, where the server says that it keeps answers.
   * Use a new one for each thing that is to be done, for instance `crypto.randomUUID()`.
   */
  idempotencyKey?: string | undefined;
}

/** One call, or one stream, that a client makes. */
export interface ClientInterceptorCall {
  /** The method's name. */
  readonly method: string;
  /** Its params, as the caller gave them. */
  readonly params: unknown;
  /** Deadline, cancellation and the other options, as the caller gave them. */
  readonly options: ClientCallOptions & StreamOptions;
  /** Whether it was made by `client.stream`. */
  readonly isStream: boolean;
}

/**
 * Stands around every call and stream of a client. It may change the call, look at the result, answer
 * without going on, or fail; what it returns is the result of the call, or the items of the stream.
 */
export type ClientInterceptor = (
  call: ClientInterceptorCall,
  next: Next<ClientInterceptorCall>,
) => unknown;

/** What a client counts, from its beginning. */
export interface ClientStats {
  /** Tries of calls, the first ones included; streams and notifications aside. */
  readonly attempts: number;
  /** Tries behind the first ones, of calls and of streams. */
  readonly retries: number;
  /** Tries that were not made for want of tokens. */
  readonly throttled: number;
  /** The tokens of `retryThrottling` that are left. */
  readonly retryTokens: number;
  /** Streams that went on where they were cut. */
  readonly resumed: number;
  /** How the circuit stands; `undefined` where there is none. */
  readonly circuit: CircuitStatus | undefined;
}

/** How a client makes its calls, whatever it calls. */
export interface CallingOptions {
  /**
   * The deadline of a call that names none, in milliseconds; `Infinity` for the longest that a server
   * grants. Streams have none of their own.
   *
   * @default {30_000}
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Whether the calls that a handler makes are made on behalf of its caller: the server checks them
   * by the rights of both. The account of this client needs the scope `delegate` there.
   *
   * @default {false}
   */
  readonly delegate?: boolean | undefined;
  /** How often and how soon a call is made again that may be; the names are gRPC's. */
  readonly retry?: RetryOptions | undefined;
  /** The one budget of all those retries. */
  readonly retryThrottling?: RetryThrottlingOptions | undefined;
  /**
   * Refuses calls for a while when most of them fail. It looks at every call, which costs a plain one
   * a promise, and a server that fails some methods loses the others too: so it is off unless asked
   * for. Streams are refused while it is open, and do not count.
   *
   * @default {none}
   */
  readonly circuit?: CircuitOptions | undefined;
  /**
   * Stand around every call and stream, the first one outermost, around all tries of a call together.
   *
   * @default {[]}
   */
  readonly interceptors?: readonly ClientInterceptor[] | undefined;
  /**
   * Makes spans of calls that belong to a trace that is sampled: `openTracer()` makes one.
   *
   * @default {none}
   */
  readonly tracer?: CallTracer | undefined;
}

/** What a client is made with. */
export interface ClientOptions extends LinkOptions, CallingOptions {}
