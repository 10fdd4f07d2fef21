/**
 * Interceptors: functions around every call of a client, or around every handler of a server.
 *
 * @module
 */

import type { Context } from "../method/context.ts";

/**
 * Goes on with the call: with the next interceptor, and behind the last one with the call itself.
 *
 * @param call The call where it is changed: `next({ ...call, params })`.
 * @returns The result; of a call that streams, an async iterable of its items.
 * @throws {TypeError} The second time: a call is made once. The call fails with it.
 */
export type Next<Call> = (call?: Call) => Promise<unknown>;

/** One call that a server is about to run: it may be made, and its params fit. */
export interface ServerInterceptorCall {
  /** The method's name. */
  readonly method: string;
  /** Its params, checked and converted. */
  readonly params: unknown;
  /** What the handler knows about the call. */
  readonly context: Context;
  /** Whether the handler is an async generator. */
  readonly isStream: boolean;
}

/**
 * Stands around every handler of a server. It may change the params, look at the result, answer
 * without going on, or throw; what it returns is sent as if the handler had returned it.
 */
export type ServerInterceptor = (
  call: ServerInterceptorCall,
  next: Next<ServerInterceptorCall>,
) => unknown;
