/**
 * The gate over a store's accounts, sessions, keys and policy.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import type { TransportName } from "../../transport/connection.ts";
import type { Authenticator } from "../access/authenticator.ts";
import type { Authorizer } from "../access/authorizer.ts";
import type { Delegations } from "../access/delegations.ts";
import type { LivePrincipals } from "../access/live_principals.ts";
import { localPrincipal } from "../credential/principals.ts";
import type { FactorGate } from "../factor/factor_requests.ts";
import type { PasskeyGate } from "../factor/passkey_requests.ts";
import type { PolicyInUse } from "../policy/policy_in_use.ts";
import { AuthenticationError } from "../proof/errors.ts";
import type { Gate } from "./gate.ts";
import type { SignIn } from "./sign_in.ts";

/** What the gate is put together from; all of it is made by `openIdentity`, which ends `live`. */
export interface GateParts {
  /** Makes principals of credentials. */
  readonly authenticator: Authenticator;
  /** Checks calls. */
  readonly authorizer: Authorizer;
  /** Says on whose behalf peers call. */
  readonly delegations: Delegations;
  /** The principals in use. */
  readonly live: LivePrincipals;
  /** Serves the sign-in requests. */
  readonly signIn: SignIn;
  /** Answers requests about second factors. */
  readonly factorRequests: FactorGate;
  /** Answers requests about passkeys. */
  readonly passkeyRequests: PasskeyGate;
  /** Says how many calls callers may make. */
  readonly policy: Pick<PolicyInUse, "limiter">;
  /** Transports whose other end is the owner of this process. */
  readonly localTransports: readonly TransportName[];
}

/**
 * Makes the gate.
 *
 * @param parts What it is put together from.
 * @returns The gate.
 */
export function createGate(parts: GateParts): Gate {
  const { authenticator, authorizer, delegations, live, signIn, policy, localTransports } = parts;
  const local = localPrincipal();
  return {
    async identify({ transport, certificate }) {
      if (localTransports.includes(transport)) return local;
      return certificate === undefined ? null : await authenticator.identify(certificate);
    },
    async signIn(method, params, context) {
      try {
        return await signIn.serve(method, params, context);
      } catch (error) {
        throw indistinguishable(error);
      }
    },
    authenticate(token, method, params) {
      const principal = authenticator.authenticate(token, method, params);
      if (!(principal instanceof Promise)) return principal;
      return principal.catch((error: unknown) => {
        throw indistinguishable(error);
      });
    },
    delegate: (peer, chain) => delegations.delegate(peer, chain),
    authorize: (principal, method, now, isAdminMethod) =>
      authorizer.authorize(principal, method, now, isAdminMethod),
    get callLimiter() {
      return policy.limiter;
    },
    onRevoked: (listener) =>
      live.onRevoked((principal) => {
        listener(principal);
        for (const each of delegations.through(principal)) listener(each);
      }),
    factors: parts.factorRequests,
    passkeys: parts.passkeyRequests,
    forget: (connectionId) => signIn.forget(connectionId),
  };
}

/**
 * The one answer that a peer gets to a failed sign-in, whether the account is unknown, locked or
 * disabled, the secret is wrong, or the credential has expired or was revoked. Other errors stay as
 * they are.
 */
function indistinguishable(error: unknown): unknown {
  return error instanceof AuthenticationError
    ? new DariError("unauthenticated", "The credential was not accepted", { cause: error })
    : error;
}
