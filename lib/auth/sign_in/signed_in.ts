/**
 * The end of every sign-in that makes a session.
 *
 * @module
 */

import type { PutOperation } from "../../store/store.ts";
import type { Authenticator } from "../access/authenticator.ts";
import type { AccountRecord } from "../account/account.ts";
import type { Sessions } from "../credential/sessions.ts";
import type { SignInContext, SignInReply } from "./gate.ts";
import { optionalTextOf } from "../proof/params.ts";

/** One sign-in request. */
export interface Request {
  /** Its parameters, as they came from the peer. */
  readonly params: unknown;
  /** Where it came from. */
  readonly context: SignInContext;
  /** The generation of the principals in use from before any account was read. */
  readonly generation: number;
}

/** What a sign-in has beside its session. */
export interface SignInExtra {
  /** What else it writes. */
  readonly also?: readonly PutOperation[];
  /** The kind of factor that was used. */
  readonly factor?: string | undefined;
  /** What opens the session, where that can be removed by itself. */
  readonly by?: string | undefined;
  /** What else the client reads. */
  readonly result?: Readonly<Record<string, unknown>>;
}

/** What makes and ends sessions. */
export interface OpenSessionParts {
  /** Makes them. */
  readonly authenticator: Authenticator;
  /** Ends them. */
  readonly sessions: Sessions;
}

/**
 * Makes a session for an account whose credential was just checked. It is always a new one: a token in
 * the request is ignored.
 *
 * @param parts What makes and ends sessions.
 * @param account The account as it was read for that check.
 * @param request The request.
 * @param extra What else is written and told.
 * @returns The reply, with the session's token and its principal.
 * @throws {AuthenticationError} When the account changed meanwhile, so that the session is void.
 * @throws The reason of the request's signal.
 */
export async function openSession(
  parts: OpenSessionParts,
  account: AccountRecord,
  { params, context, generation }: Request,
  extra: SignInExtra = {},
): Promise<SignInReply> {
  const client = {
    address: context.peer.address,
    agent: optionalTextOf(params, "agent") ?? "",
    by: extra.by,
  };
  const { signal } = context;
  signal?.throwIfAborted();
  const { authenticator, sessions } = parts;
  const { token, session, principal } = await authenticator.openSession(
    account,
    generation,
    client,
    extra.also,
  );
  if (signal?.aborted) {
    await sessions.revoke(session.id);
    throw signal.reason;
  }
  const result = {
    ...extra.result,
    token,
    expiresAt: timeOf(session.endsAtMs),
    // A duration, since the client's clock may show another time.
    idleMs: session.idleUntilMs - session.createdAtMs,
    roles: principal.roles,
  };
  const { factor } = extra;
  return { result, principal, ...(factor === undefined ? {} : { factor }) };
}

/** A moment as the wire writes it. */
export function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
