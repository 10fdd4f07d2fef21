/**
 * The interface between calls and identity: all that the RPC room knows of accounts, sessions, keys
 * and policy. It imports these as types only; `openIdentity` makes one.
 *
 * @module
 */

import type { Peer } from "../../transport/connection.ts";
import type { Principal } from "../policy/principal.ts";

/** The requests of a client that wants to sign in, or out. */
export type SignInMethod =
  | "rpc.login"
  | "rpc.scram"
  | "rpc.challenge"
  | "rpc.authenticate"
  | "rpc.logout";

/** Where a sign-in request came from. */
export interface SignInContext {
  /** Who is at the other end; its channel bindings are those that a client may use. */
  readonly peer: Peer;
  /** Names the connection: exchanges of several messages and challenges are bound to it. */
  readonly connectionId: string;
  /** The principal that the connection has now; `rpc.logout` ends its session. */
  readonly principal?: Principal | null;
}

/** The answer to a sign-in request. */
export interface SignInReply {
  /** What the client reads as `result`. */
  readonly result: unknown;
  /** The connection's principal from now on: `null` signs it out, absent leaves it as it is. */
  readonly principal?: Principal | null;
}

/** What decides who is calling and what they may call. */
export interface Gate {
  /**
   * Settles who is calling from the connection alone: the Unix socket's owner, a thread of this
   * process, or a client certificate. Call it once, at the start of the connection.
   *
   * @param peer Who is at the other end.
   * @returns The principal, or `null` where the connection proves nothing.
   */
  identify(peer: Peer): Promise<Principal | null>;
  /**
   * Serves a sign-in request.
   *
   * @param method Its name.
   * @param params Its parameters, as they came from the peer.
   * @param context Where it came from.
   * @returns The result for the client, and the connection's new principal.
   * @throws {DariError} `unauthenticated`, in the same words whatever was wrong; `invalid_params`;
   * `resource_exhausted` where the peer or the server has too many sign-ins under way.
   */
  signIn(method: SignInMethod, params: unknown, context: SignInContext): Promise<SignInReply>;
  /**
   * Settles who is calling from the `auth` member of one call: a session token, an API key, or the
   * signature of the call by an API key. A token that was seen before is answered synchronously.
   *
   * @param token The member's text.
   * @param method The call's method.
   * @param params The call's parameters; only a signature covers them.
   * @param peer Who is at the other end, for gates that look at it.
   * @returns The principal: the same object for the same credential while nothing about it changes.
   * @throws {DariError} `unauthenticated`; thrown, or as a rejection where a promise was returned.
   */
  authenticate(
    token: string,
    method: string,
    params: unknown,
    peer?: Peer,
  ): Principal | Promise<Principal>;
  /**
   * Lets a call pass or refuses it. Synchronous and cached; it looks at expiry and revocation as
   * well, so call it for every call, of every batch, on every transport.
   *
   * @param principal Who is calling.
   * @param method The call's method.
   * @param now The time, in milliseconds since the epoch, for callers that judge many calls at once:
   * reading the clock costs more than the rest. Read here by default.
   * @throws {DariError} `unauthenticated` where nobody is signed in, or the credential expired or
   * was revoked; `permission_denied` where the policy does not allow the method.
   */
  authorize(principal: Principal | null, method: string, now?: number): void;
  /**
   * Tells of credentials that ended before their time, within a second of the change, also of a
   * change by another process. Close the connections that the principal signed in.
   *
   * @param listener Called with the principal that ended.
   * @returns Ends the subscription.
   */
  onRevoked(listener: (principal: Principal) => void): () => void;
  /**
   * Forgets the unfinished exchanges of a connection that ended.
   *
   * @param connectionId Its name.
   */
  forget(connectionId: string): void;
}
