/**
 * A call as a tap shows it, and which calls a tap shows.
 *
 * @module
 */

import type { ErrorCode } from "../../base/errors.ts";
import type { CallRecord } from "../../rpc/observer.ts";
import { type ShownPrincipal, showPrincipal } from "../live/connections.ts";

/** The caller of a tapped call, with what a policy decides by. */
export interface TappedPrincipal extends ShownPrincipal {
  /** Its roles. */
  readonly roles: readonly string[];
  /** The scopes that narrow them, where the credential has some. */
  readonly scopes?: readonly string[];
}

/** A call that has ended. */
export interface TappedCall {
  /** When it arrived, in milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
  /** Its method; `_OTHER` where the server has no such method. */
  readonly method: string;
  /** Whether the method is declared administrative. */
  readonly admin?: true;
  /** The caller; `null` where nobody signed in. */
  readonly principal: TappedPrincipal | null;
  /** The address of the other end. */
  readonly peer: string;
  /** The connection, as the log names it. */
  readonly connection: string;
  /** The code of the error that ended it; left out where it succeeded. */
  readonly error?: ErrorCode;
  /** Whether it was a stream. */
  readonly stream?: true;
  /** Bytes of the request, and of the reply and all items. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Its params as JSON, without secrets, cut to a bound; only in a tap that shows params. */
  readonly params?: string;
}

/** Which calls a tap shows. Several methods or principals mean any of them; none means all. */
export interface TapFilter {
  /** Names of methods, or their beginning and `*`. */
  readonly methods?: readonly string[] | undefined;
  /** Names of principals, or ids of credentials. */
  readonly principals?: readonly string[] | undefined;
}

/** What somebody who taps asks for. */
export interface TapRequest extends TapFilter {
  /** Whether params are shown. */
  readonly params: boolean;
}

/** Connections that are silent ask for a sign of life: shown only to those who name it. */
const PING = "rpc.ping";

/**
 * Whether a method is among those of a filter.
 *
 * @param name The method.
 * @param patterns Names, or their beginning and `*`.
 */
export function isMethodShown(name: string, patterns: readonly string[] | undefined): boolean {
  if (patterns === undefined || patterns.length === 0) return name !== PING;
  return patterns.some((pattern) =>
    pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern
  );
}

/**
 * Whether a call is among those of a filter.
 *
 * @param call The call.
 * @param filter The filter.
 */
export function isShown(call: CallRecord, { methods, principals = [] }: TapFilter): boolean {
  if (!isMethodShown(call.method, methods)) return false;
  if (principals.length === 0) return true;
  if (call.principal === null) return false;
  const { name, credentialId, chain = [] } = call.principal;
  return [name, credentialId, ...chain].some((each) => principals.includes(each));
}

/**
 * Shows a call that has ended.
 *
 * @param call The call.
 * @param isAdminMethod Whether its method is declared administrative.
 * @param params Its params as text, where they are shown.
 */
export function showCall(call: CallRecord, isAdminMethod: boolean, params?: string): TappedCall {
  const { method, principal, errorCode, bytesIn, bytesOut } = call;
  const shown = showPrincipal(principal);
  return {
    startedAtMs: Math.round(call.startedAtMs),
    durationMs: Math.round(call.durationMs * 1_000) / 1_000,
    method,
    ...(isAdminMethod ? { admin: true } : {}),
    principal: shown === null || principal === null ? null : {
      ...shown,
      roles: principal.roles,
      ...(principal.scopes === undefined ? {} : { scopes: principal.scopes }),
    },
    peer: call.peer.address,
    connection: call.connectionId,
    ...(errorCode === undefined ? {} : { error: errorCode }),
    ...(call.isStream ? { stream: true } : {}),
    ...{ bytesIn, bytesOut },
    ...(params === undefined ? {} : { params }),
  };
}
