/**
 * The interface between calls and identity: all that `lib/rpc` knows of accounts, sessions, keys and
 * policy. `openIdentity` makes a gate.
 *
 * @module
 */

import type { DariError } from "../../base/errors.ts";
import type { Peer } from "../../transport/connection.ts";
import type { FactorGate } from "../factor/factor_requests.ts";
import type { Site } from "../factor/passkey_record.ts";
import type { PasskeyGate } from "../factor/passkey_requests.ts";
import type { Principal } from "../policy/principal.ts";

/** The requests by which a client signs in or out, or gets what it signs in with. */
export type SignInMethod =
  | "rpc.login"
  | "rpc.scram"
  | "rpc.challenge"
  | "rpc.authenticate"
  | "rpc.passkey"
  | "rpc.accept"
  | "rpc.renew"
  | "rpc.logout";

/** Where a sign-in request came from. */
export interface SignInContext {
  /** The other end of the connection, with the channel bindings that a client may use. */
  readonly peer: Peer;
  /** The connection's id: exchanges of several messages, and challenges, are bound to it. */
  readonly connectionId: string;
  /** The principal that the connection has now; `rpc.logout` ends its session. */
  readonly principal?: Principal | null;
  /** The gateway's page that the request came from; `rpc.passkey` needs it. */
  readonly site?: Site | undefined;
  /**
   * Aborts when nobody waits for the answer any more: the connection has ended, or the client was
   * told that its deadline is over. Nothing is derived for such a request, and no session is made.
   */
  readonly signal?: AbortSignal | undefined;
}

/** The answer to a sign-in request. */
export interface SignInReply {
  /** What the client reads as `result`. */
  readonly result: unknown;
  /** The connection's principal from now on: `null` signs it out, absent leaves it as it is. */
  readonly principal?: Principal | null;
  /** The second factor that was used, `totp` or `recovery`, or `passkey`. */
  readonly factor?: string;
}

/** Counts calls against limits. */
export interface CallCounter {
  /**
   * Counts a call that is about to run.
   *
   * @param principal The caller; `null` where nobody is signed in.
   * @param method The method, which exists.
   * @param address The address of the peer, by which callers count that have not signed in.
   * @param isAdminMethod Whether the method is declared administrative.
   * @throws {DariError} `resource_exhausted` with `retryAfterMs` where the caller has made too many.
   */
  take(principal: Principal | null, method: string, address: string, isAdminMethod?: boolean): void;
}

/** A call, as those hear of it who keep a record of refusals and of administrative calls. */
export interface WitnessedCall {
  /** The caller; `null` where nobody is signed in, or the credential of the call was refused. */
  readonly principal: Principal | null;
  /** The call's method. */
  readonly method: string;
  /** The other end of the connection. */
  readonly peer: Peer;
}

/** Says who is calling, and what they may call. */
export interface Gate {
  /**
   * Says who is calling by the connection alone: the owner of the Unix socket, a thread of this
   * process, or a client certificate. Call it once, when the connection begins.
   *
   * @param peer The other end of the connection.
   * @returns The principal, or `null` where the connection alone proves nothing.
   */
  identify(peer: Peer): Promise<Principal | null>;
  /**
   * Serves a sign-in request.
   *
   * @param method The request's method.
   * @param params The request's parameters, as they came from the peer.
   * @param context Where the request came from.
   * @returns The result for the client, and the connection's new principal.
   * @throws {DariError} `unauthenticated`, with one message whatever was wrong; `invalid_params`;
   * `second_factor_required` where the password is right and the account needs a code as well;
   * `resource_exhausted` where too many sign-ins are waiting, or the peer failed too often; the
   * reason of the signal, once it has aborted;
   * `failed_precondition` where the connection has not the channel binding that the client uses.
   */
  signIn(method: SignInMethod, params: unknown, context: SignInContext): Promise<SignInReply>;
  /**
   * Says who is calling by the `auth` member of one call: a session token, an API key, or a signature
   * of the call by an API key. A token that was seen before is answered synchronously.
   *
   * @param token The member's text.
   * @param method The call's method.
   * @param params The call's parameters; only a signature covers them.
   * @param peer The other end of the connection, for gates that look at it.
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
   * Says on whose behalf a peer calls, as the member `meta.chain` of a call says. A gate without it
   * takes no such calls.
   *
   * @param peer The principal that makes the call.
   * @param chain The names from the first caller to the one before the peer.
   * @returns The principal that stands for all of them: the same object while nothing changes.
   * @throws {DariError} `permission_denied` where the peer may not name others, or one of them has no
   * account that is enabled; thrown, or as a rejection where a promise was returned.
   */
  delegate?(peer: Principal, chain: readonly string[]): Principal | Promise<Principal>;
  /**
   * Allows a call, or refuses it by throwing. It is synchronous and cached, and looks at expiry and
   * revocation as well: call it for every call, also of a batch.
   *
   * @param principal The caller; `null` where nobody is signed in.
   * @param method The call's method.
   * @param now The time in milliseconds since the epoch, for callers that check many calls at once:
   * reading the clock costs more than the rest. Read here by default.
   * @param isAdminMethod Whether the method is declared administrative.
   * @throws {DariError} `unauthenticated` where nobody is signed in, or the credential has expired
   * or was revoked; `permission_denied` where the policy does not allow the method.
   */
  authorize(
    principal: Principal | null,
    method: string,
    now?: number,
    isAdminMethod?: boolean,
  ): void;
  /**
   * Hears of each call that was refused, and of each administrative one before it runs.
   *
   * @param call The call.
   * @param refusal Why it was refused; `undefined` where it is about to run.
   * @returns What the reply or the call waits for; a rejection keeps an administrative call from running.
   */
  witness?(call: WitnessedCall, refusal: DariError | undefined): Promise<void> | undefined;
  /**
   * Counts the calls that were allowed; `undefined` while nobody is limited. It changes with the
   * policy, so it is read for each call.
   */
  readonly callLimiter?: CallCounter | undefined;
  /** Answers requests about second factors; a gate without it has none. */
  readonly factors?: FactorGate | undefined;
  /** Answers requests about passkeys; a gate without it has none. */
  readonly passkeys?: PasskeyGate | undefined;
  /**
   * Subscribes to principals that end before their time, within a second of the change, also where
   * another process made it. Close the connections that such a principal signed in.
   *
   * @param listener Called with the principal that ended.
   * @returns A function that ends the subscription.
   */
  onRevoked(listener: (principal: Principal) => void): () => void;
  /**
   * Forgets the unfinished exchange of a connection that ended.
   *
   * @param connectionId The connection's id.
   */
  forget(connectionId: string): void;
}
