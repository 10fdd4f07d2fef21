/**
 * Who is calling: a session token, an API key, a signed request or a client certificate becomes a
 * principal that is in use from then on.
 *
 * @module
 */

import { BoundedMap } from "../../base/bounded_map.ts";
import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { PutOperation } from "../../store/store.ts";
import type { PeerCertificate } from "../../transport/connection.ts";
import type { AccountRecord } from "../account/account.ts";
import type { AccountCertificates } from "../account/account_certificates.ts";
import type { ApiKeys } from "../credential/api_keys.ts";
import type { LivePrincipal } from "../credential/live_principal.ts";
import {
  apiKeyPrincipal,
  certificatePrincipal,
  sessionPrincipal,
  tokenPrincipal,
} from "../credential/principals.ts";
import type { Session } from "../credential/session_record.ts";
import { SESSION_PREFIX, type Sessions } from "../credential/sessions.ts";
import { SIGNATURE_PREFIX, type SignedRequests } from "../credential/signed_request.ts";
import { TokenVerifier } from "../issuer/token_verifier.ts";
import type { PolicyInUse } from "../policy/policy_in_use.ts";
import { KEY_PREFIX } from "../proof/api_key.ts";
import type { Principal } from "../policy/principal.ts";
import { AuthenticationError } from "../proof/errors.ts";
import type { Authorizer } from "./authorizer.ts";
import type { LivePrincipals } from "./live_principals.ts";

/** What authentication needs; all of it is made by `openIdentity`, which ends `live`. */
export interface AuthenticatorParts {
  /** The sessions. */
  readonly sessions: Sessions;
  /** The API keys. */
  readonly keys: ApiKeys;
  /** Requests signed by API keys. */
  readonly signedRequests: SignedRequests;
  /** The accounts that client certificates stand for. */
  readonly certificates: AccountCertificates;
  /** Verifies tokens of issuers that the policy names. */
  readonly tokens: Pick<TokenVerifier, "verify">;
  /** The policy, which names them. */
  readonly policy: Pick<PolicyInUse, "current">;
  /** The principals in use. */
  readonly live: LivePrincipals;
  /** Says whether a principal is still valid. */
  readonly authorizer: Authorizer;
  /** The time. */
  readonly clock: Clock;
  /** Says whether a client certificate was revoked. */
  readonly isCertificateRevoked: (certificate: PeerCertificate) => boolean;
}

/** A session that was just made, and its principal. */
export interface OpenedSession {
  /** The session's token. */
  readonly token: string;
  /** The session. */
  readonly session: Session;
  /** Its principal, which is in use already. */
  readonly principal: LivePrincipal;
}

/** Makes principals of credentials, one for each credential while nothing about it changes. */
export class Authenticator {
  readonly #parts: AuthenticatorParts;
  /** Made here. Principals by session token, by API key, and by the hash of a secret that signs. */
  readonly #known = new BoundedMap<string, LivePrincipal>(limits.maxCachedTokens);
  /** Under which name each of them is known. */
  readonly #names = new WeakMap<Principal, string>();

  /**
   * Puts authentication together; `openIdentity` does that.
   *
   * @param parts What it needs.
   */
  constructor(parts: AuthenticatorParts) {
    this.#parts = parts;
    parts.live.onRevoked((principal) => this.#forget(principal)); // ends with `live`
  }

  /**
   * Says who is calling by a token. A token that was seen before is answered synchronously.
   *
   * @param token A session token, an API key, or the signature of the call.
   * @param method The call's method.
   * @param params The call's parameters; only a signature covers them.
   * @returns The principal.
   * @throws {AuthenticationError} When the token is not valid; always as a rejection.
   */
  authenticate(
    token: string,
    method: string,
    params: unknown,
  ): LivePrincipal | Promise<LivePrincipal> {
    // A signature is accepted once, so it is never looked up; and no client may name what is known
    // under its prefix, the hash of a secret.
    if (token.startsWith(SIGNATURE_PREFIX)) return this.#bySignature(token, method, params);
    const known = this.#known.get(token);
    if (known !== undefined) {
      if (this.#parts.authorizer.isValid(known)) return known;
      this.#known.delete(token);
    }
    return this.#byToken(token);
  }

  /**
   * Says who is calling by a client certificate, which the handshake has verified.
   *
   * @param certificate The certificate.
   * @returns The principal; `null` where the certificate is revoked or has expired, or its account was
   * disabled or removed.
   */
  async identify(certificate: PeerCertificate): Promise<LivePrincipal | null> {
    const { certificates, clock, isCertificateRevoked } = this.#parts;
    const isRevoked = () => isCertificateRevoked(certificate);
    if (isRevoked() || certificate.notAfterMs <= clock.now()) return null;
    try {
      return await this.#make(null, async () => {
        const owner = await certificates.owner(certificate.identity);
        if (owner === null || owner?.active === false) {
          throw new AuthenticationError("The certificate's account was disabled or removed");
        }
        return certificatePrincipal(certificate, owner, isRevoked);
      });
    } catch (error) {
      if (error instanceof AuthenticationError) return null;
      throw error;
    }
  }

  /**
   * Makes a session and its principal, for an account whose credential was just checked.
   *
   * @param account The account as it was read for that check.
   * @param generation The generation of the principals in use from before the account was read.
   * @param client The client's address, and the name that its program gives itself.
   * @param also What else the sign-in writes.
   * @returns Token, session and principal.
   * @throws {AuthenticationError} When the account changed meanwhile, so that the session is void.
   */
  async openSession(
    account: AccountRecord,
    generation: number,
    client: { readonly address: string; readonly agent: string; readonly by?: string | undefined },
    also: readonly PutOperation[] = [],
  ): Promise<OpenedSession> {
    const { sessions, live } = this.#parts;
    const { token, session, found } = await sessions.create(account, client, also);
    // Nothing changed since the account was read, so there is nothing to read again; a change from
    // now on ends the principal.
    const principal = live.generation === generation
      ? this.#putInUse(token, sessionPrincipal(found, sessions))
      : await this.#byToken(token);
    return { token, session, principal };
  }

  async #bySignature(token: string, method: string, params: unknown): Promise<LivePrincipal> {
    const { keys, signedRequests, authorizer } = this.#parts;
    const { record: { id }, secret: { hash } } = await signedRequests.verify(token, method, params);
    // The nonce is used up, but all signatures by one secret share a principal.
    const name = SIGNATURE_PREFIX + hash;
    const known = this.#known.get(name);
    if (known !== undefined && authorizer.isValid(known)) return known;
    return await this.#make(
      name,
      async () => apiKeyPrincipal(await keys.findById(id, (secret) => secret.hash === hash)),
    );
  }

  async #byToken(token: string): Promise<LivePrincipal> {
    const { sessions, keys } = this.#parts;
    if (token.startsWith(SESSION_PREFIX)) {
      return await this.#make(
        token,
        async () => sessionPrincipal(await sessions.find(token), sessions),
      );
    }
    if (token.startsWith(KEY_PREFIX)) {
      return await this.#make(token, async () => apiKeyPrincipal(await keys.find(token)));
    }
    if (TokenVerifier.isToken(token)) {
      return await this.#make(token, () => this.#byIssuer(token));
    }
    throw new AuthenticationError("The token is neither a session token nor an API key");
  }

  async #byIssuer(token: string): Promise<LivePrincipal> {
    const { tokens, policy } = this.#parts;
    return tokenPrincipal(token, await tokens.verify(token, policy.current.issuers));
  }

  /**
   * Makes a principal from what the store has, and again where the store changed meanwhile. Once it
   * is in use, a change of the store ends it.
   */
  async #make(name: string | null, read: () => Promise<LivePrincipal>): Promise<LivePrincipal> {
    const { live } = this.#parts;
    for (let attempt = 0; attempt < limits.maxStoreUpdateAttempts; attempt++) {
      const { generation } = live;
      const principal = await read();
      if (live.generation === generation) return this.#putInUse(name, principal);
    }
    throw new DariError("unavailable", "Accounts change too fast to sign in; try again");
  }

  #putInUse(name: string | null, principal: LivePrincipal): LivePrincipal {
    const { live, authorizer } = this.#parts;
    live.add(principal);
    if (!authorizer.isValid(principal)) throw new AuthenticationError("The credential has ended");
    if (name !== null) {
      this.#known.set(name, principal);
      this.#names.set(principal, name);
    }
    return principal;
  }

  /** Another principal may be known under its name by now. */
  #forget(principal: Principal): void {
    const name = this.#names.get(principal);
    if (name !== undefined && this.#known.get(name) === principal) this.#known.delete(name);
    this.#names.delete(principal);
  }
}
