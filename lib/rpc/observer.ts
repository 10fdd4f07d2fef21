/**
 * What a server tells metrics, traces, access logs and audits.
 *
 * @module
 */

import type { FactorChange } from "../auth/factor/factor_requests.ts";
import type { Principal } from "../auth/policy/principal.ts";
import type { SignInMethod } from "../auth/sign_in/gate.ts";
import type { DariError, ErrorCode } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Id, Meta } from "../protocol/message.ts";
import type { Connection, Peer } from "../transport/connection.ts";

/**
 * The method of every call whose method does not exist. Peers choose those names, and a metric must
 * not get a label for each (OpenTelemetry RPC metrics).
 */
export const UNKNOWN_METHOD = "_OTHER";

/**
 * One call as observers read it. The object belongs to the call and changes until `callEnded`; an
 * observer may keep it after that.
 */
export interface CallRecord {
  /** Names the connection or the request that carried the call. */
  readonly connectionId: string;
  /** The id of the request; `undefined` for a notification. */
  readonly id: Id | undefined;
  /** The name of the method; `_OTHER` where the server has no such method. */
  readonly method: string;
  /**
   * The caller; `null` where nobody signed in. A call with a credential of its own has its principal
   * once the credential is checked, which is after `callBegan`.
   */
  readonly principal: Principal | null;
  /** The other end. */
  readonly peer: Peer;
  /** What travelled with the call: timeout, trace, idempotency key. */
  readonly meta: Readonly<Meta>;
  /** When the call arrived, in milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** How long the call took, or has taken so far, in milliseconds. */
  readonly durationMs: number;
  /** The code of the error that ended the call; `undefined` while it runs and when it succeeded. */
  readonly errorCode: ErrorCode | undefined;
  /** The error itself, as it was thrown. The caller may have been told less. */
  readonly error: unknown;
  /**
   * The length of the request in bytes of UTF-8, without LF. A call of a batch has an equal share of
   * the batch.
   */
  readonly bytesIn: number;
  /** The length of the reply and of all items of a stream so far, in bytes of UTF-8, without LF. */
  readonly bytesOut: number;
  /** Whether the call streams. Known once its handler has returned, so never in `callBegan`. */
  readonly isStream: boolean;
}

/**
 * The id under which a server's log and its observers know a call. The reply to a call that failed for
 * a reason that its caller is not told has it in `error.data.requestId`.
 *
 * @param call The call.
 * @returns The connection's id and, behind a colon, the id of the request; the connection's alone for
 * a notification.
 *
 * @example
 * ```ts
 * import { requestIdOf } from "@dari/dari/rpc";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(requestIdOf({ connectionId: "8f14e45f", id: 7 }), "8f14e45f:7");
 * ```
 */
export function requestIdOf(
  { connectionId, id }: Pick<CallRecord, "connectionId" | "id">,
): string {
  if (id === undefined) return connectionId;
  return `${connectionId}:${String(id).slice(0, limits.maxRequestIdShownLength)}`;
}

/** One request to sign in or out. */
export interface SignInRecord {
  /** Names the connection. */
  readonly connectionId: string;
  /** The other end. */
  readonly peer: Peer;
  /** The method of the request. */
  readonly method: SignInMethod;
  /**
   * The account's name: the principal's after a success, otherwise as the client wrote it, cut to
   * the longest name of an account. `undefined` where the client named none, as with a token.
   */
  readonly name: string | undefined;
  /** The principal that signed in or out; `null` after a failure. */
  readonly principal: Principal | null;
  /** The second factor that was used, after a success: `totp` or `recovery`. */
  readonly factor?: string | undefined;
  /** The code of the error, after a failure. */
  readonly errorCode: ErrorCode | undefined;
  /** The error as the gate threw it, after a failure. Its `cause` says more than the client reads. */
  readonly error: unknown;
}

/** One change of an account's second factors. */
export interface FactorChangeRecord extends FactorChange {
  /** The principal that changed them: the account, an administrator, or the server's owner. */
  readonly principal: Principal;
  /** The other end. */
  readonly peer: Peer;
}

/** One connection. */
export interface ConnectionRecord {
  /** Names the connection. */
  readonly id: string;
  /** The other end. */
  readonly peer: Peer;
  /** The principal that signed the connection in; `null` where none did. */
  readonly principal: Principal | null;
}

/** How many bytes a connection has carried so far, where its transport can tell. */
export type Traffic = Pick<Connection, "sentBytes" | "receivedBytes">;

/** A server that begins to stop. */
export interface StopRecord {
  /** How many connections are open. */
  readonly connections: number;
  /** How many calls run. */
  readonly calls: number;
}

/** A server that has stopped. */
export interface StoppedRecord {
  /** How many of the calls that ran have finished. */
  readonly drained: number;
  /** How many were cut. */
  readonly cut: number;
}

/**
 * Hears what happens on a server. Every member may be left out, and what nobody hears costs nothing.
 * Members run while calls wait, so they must be quick. A member that throws, or returns a promise
 * that rejects, harms nothing else: the first failure of an observer is written to the console.
 *
 * @example
 * ```ts
 * import { connect, listenMemory, type Observer, serve } from "@dari/dari";
 * import { assertEquals } from "@std/assert";
 *
 * const ended: string[] = [];
 * const accessLog: Observer = {
 *   callEnded: ({ method, principal, errorCode }) =>
 *     void ended.push(`${principal?.name} ${method} ${errorCode ?? "ok"}`),
 * };
 * const memory = listenMemory();
 * await using server = await serve({
 *   listen: memory,
 *   methods: { add: ({ a, b }: { a: number; b: number }) => a + b },
 *   observer: [accessLog],
 * });
 * await using client = await connect(memory);
 * await client.call("add", { a: 1, b: 2 });
 * assertEquals(ended, ["local add ok"]);
 * ```
 */
export interface Observer {
  /**
   * A call arrived. Each is followed by one `callEnded`, also when the connection breaks.
   *
   * @param call The call.
   * @param params Its params as they were sent, not yet checked: they may hold secrets. They belong to
   * the call; whoever wants to keep something of them copies it now.
   */
  callBegan?(call: CallRecord, params?: unknown): void;
  /** A call ended: its reply was sent, or nobody waits for it any more. */
  callEnded?(call: CallRecord): void;
  /**
   * The gate refused a call.
   *
   * @param call The call.
   * @param error Its code is `unauthenticated` or `permission_denied`.
   */
  callDenied?(call: CallRecord, error: DariError): void;
  /**
   * A call failed for a reason that its caller is not told; the caller reads "Internal error". An
   * observer that hears of nothing else about calls reads 0 for their bytes.
   *
   * @param call The call.
   * @param error What was thrown.
   */
  handlerFailed?(call: CallRecord, error: unknown): void;
  /**
   * Requests begin that had to wait, since the thread was busy or every slot for handlers was taken.
   * Those of one connection that came together are told once; those that began at once are not told.
   *
   * @param waitedMs How long they have waited, in milliseconds.
   */
  requestsWaited?(waitedMs: number): void;
  /** A connection was signed in. */
  signInSucceeded?(signIn: SignInRecord): void;
  /**
   * A request to sign in or out failed. Where the code is `second_factor_required`, the password was
   * right, and the client was asked for a code.
   */
  signInFailed?(signIn: SignInRecord): void;
  /** A connection was signed out. */
  signedOut?(signIn: SignInRecord): void;
  /** A sign-in was refused because its account is locked; `signInFailed` is told as well. */
  accountLocked?(signIn: SignInRecord): void;
  /** The second factors of an account were changed by a call. */
  factorChanged?(change: FactorChangeRecord): void;
  /**
   * A connection began. Each is followed by one `connectionClosed`.
   *
   * @param connection The connection.
   * @param traffic Counts its bytes while it is open, where its transport can tell.
   */
  connectionOpened?(connection: ConnectionRecord, traffic?: Traffic): void;
  /**
   * A connection ended.
   *
   * @param connection The connection.
   * @param reason Why it was cut; `undefined` where it ended in order.
   */
  connectionClosed?(connection: ConnectionRecord, reason: string | undefined): void;
  /**
   * A connection was refused before it began.
   *
   * @param connection The connection.
   * @param reason Why.
   */
  connectionRefused?(connection: ConnectionRecord, reason: string): void;
  /** The server begins to stop: it takes no new calls, and those that run may finish. */
  serverStopping?(stop: StopRecord): void;
  /** A call was cut: it still ran when its time to finish was over. It is told after `callEnded`. */
  callCut?(call: CallRecord): void;
  /** The server has stopped. */
  serverStopped?(stopped: StoppedRecord): void;
}
