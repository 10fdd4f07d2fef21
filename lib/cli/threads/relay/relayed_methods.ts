/**
 * The methods for operations in a thread that serves ports: each call goes to the main thread, which
 * knows the whole server, and its answer comes back.
 *
 * @module
 */

import type { Principal } from "../../../auth/policy/principal.ts";
import { DariError, RpcError } from "../../../base/errors.ts";
import type { Client } from "../../../rpc/client/client.ts";
import type { Context } from "../../../rpc/method/context.ts";
import type { Method, Methods } from "../../../rpc/method/method.ts";
import type { Meta } from "../../../protocol/message.ts";
import type { Peer } from "../../../transport/connection.ts";

/** What a thread has to know of one of the methods. */
export interface RelayedMethod {
  readonly name: string;
  readonly summary?: string | undefined;
  /** Whether it is an async generator. */
  readonly isStream: boolean;
  readonly isIdempotent?: boolean | undefined;
}

/** What travels with a call to the main thread. */
export interface RelayedCall {
  /** The params as they came. */
  readonly params: unknown;
  /** The caller, its address, and what came with the call. */
  readonly caller: {
    readonly principal: Principal | null;
    readonly peer: Peer;
    readonly meta: Readonly<Meta>;
  };
}

/**
 * Makes the methods of a thread. It has checked already whether the caller may call them.
 *
 * @param methods What the main thread has.
 * @param client Reaches it.
 */
export function relayedMethods(methods: readonly RelayedMethod[], client: Client): Methods {
  return Object.fromEntries(methods.map((method) => [method.name, relayed(method, client)]));
}

function relayed({ name, summary, isStream, isIdempotent }: RelayedMethod, client: Client): Method {
  return {
    ...(summary === undefined ? {} : { summary }),
    ...(isIdempotent ? { idempotent: true } : {}),
    handler: isStream ? streamOf(name, client) : callOf(name, client),
  };
}

function callOf(name: string, client: Client): Method["handler"] {
  return async (params: unknown, context: Context) => {
    try {
      return await client.call(name, [toRelay(params, context)]);
    } catch (error) {
      throw asOwn(error);
    }
  };
}

function streamOf(name: string, client: Client): Method["handler"] {
  return async function* (params: unknown, context: Context) {
    try {
      yield* client.stream(name, [toRelay(params, context)]);
    } catch (error) {
      throw asOwn(error);
    }
  };
}

function toRelay(params: unknown, { principal, peer, meta }: Context): RelayedCall {
  // What a transport keeps with a peer beyond its facts is of use in its thread alone.
  const { transport, address } = peer;
  return {
    params,
    caller: { principal: principal && factsOf(principal), peer: { transport, address }, meta },
  };
}

/** The gate's own objects, which it ends, do not travel. */
function factsOf(principal: Principal): Principal {
  const { name, kind, roles, scopes, credentialId, expiresAtMs, chain } = principal;
  return {
    ...{ name, kind, roles: [...roles], credentialId },
    ...(scopes === undefined ? {} : { scopes: [...scopes] }),
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    ...(chain === undefined ? {} : { chain: [...chain] }),
  };
}

/** An error of a call that a handler makes is not told to its caller; here it is the answer. */
function asOwn(error: unknown): unknown {
  if (!(error instanceof RpcError)) return error;
  const { code, message, retryable, retryAfterMs } = error;
  return new DariError(code, message, {
    retryable,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}
