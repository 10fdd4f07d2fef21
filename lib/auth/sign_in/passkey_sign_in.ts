/**
 * Sign-in by passkey, the end of the ceremony.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { untilNoConflict } from "../../store/collection.ts";
import { AuthenticationError } from "../proof/errors.ts";
import { passkeyCredential } from "../factor/passkey_record.ts";
import type { Passkeys } from "../factor/passkeys.ts";
import type { SignInReply } from "./gate.ts";
import type { PeerLimit } from "./peers/peer_limit.ts";
import { openSession, type OpenSessionParts, type Request } from "./signed_in.ts";

/** What a sign-in by passkey needs. */
export interface PasskeySignInParts extends OpenSessionParts {
  /** Checks proofs. */
  readonly passkeys: Passkeys;
  /** Failures per peer. */
  readonly peers: PeerLimit;
}

/**
 * Signs in by passkey. A wrong proof counts against its peer as a wrong password does; no account is
 * locked for it.
 *
 * @param parts What it needs.
 * @param request The request; its context has the site.
 * @returns The reply, with the session's token and its principal.
 * @throws {AuthenticationError} When the proof is wrong.
 * @throws {DariError} `failed_precondition` where the request came by no page of a gateway;
 * `resource_exhausted` when the peer failed too often.
 */
export async function signInByPasskey(
  parts: PasskeySignInParts,
  request: Request,
): Promise<SignInReply> {
  const { params, context: { peer, signal, site } } = request;
  if (site === undefined) {
    const message = "Passkeys sign in at the pages of the HTTPS gateway, by POST /login/passkey";
    throw new DariError("failed_precondition", message);
  }
  const { response } = (params ?? {}) as { response?: unknown };
  const end = await parts.peers.begin(peer.address, { signal });
  let isFailure = false;
  try {
    // Where another server took the same proof first, it is checked again, and is used by then.
    return await untilNoConflict(async () => {
      const { account, id, use } = await parts.passkeys.prove(site, response);
      const by = passkeyCredential(id);
      return await openSession(parts, account, request, { also: use, factor: "passkey", by });
    });
  } catch (error) {
    isFailure = error instanceof AuthenticationError;
    throw error;
  } finally {
    end(isFailure);
  }
}
