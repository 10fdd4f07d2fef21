/**
 * Accounts, credentials, policy and gate over one store, put together.
 *
 * @module
 */

import { Collection } from "../../store/collection.ts";
import type { Store } from "../../store/store.ts";
import type { TransportName } from "../../transport/connection.ts";
import { Authenticator } from "../access/authenticator.ts";
import { Authorizer } from "../access/authorizer.ts";
import { Delegations } from "../access/delegations.ts";
import { explain } from "../access/explain.ts";
import { LivePrincipals } from "../access/live_principals.ts";
import { type Account, accountOf } from "../account/account.ts";
import type { AccountCertificates } from "../account/account_certificates.ts";
import type { Accounts } from "../account/accounts.ts";
import { FactorRequests } from "../factor/factor_requests.ts";
import { PasskeyRequests } from "../factor/passkey_requests.ts";
import { TokenVerifier } from "../issuer/token_verifier.ts";
import type { PublicKeys } from "../account/public_keys.ts";
import type { SecondFactors } from "../factor/second_factors.ts";
import type { ApiKeys } from "../credential/api_keys.ts";
import { type InvitationRecord, Invitations } from "../credential/invitations.ts";
import { type RenewalRecord, Renewals } from "../credential/renewals.ts";
import type { Sessions } from "../credential/sessions.ts";
import { Uses } from "../credential/uses.ts";
import type { Decision, Policy, Subject } from "../policy/policy.ts";
import { Decoys } from "./decoys.ts";
import type { Gate } from "./gate.ts";
import { createCredentials, createFactors, createFoundation } from "./foundation.ts";
import { createGate } from "./identity_gate.ts";
import type { IdentityOptions } from "./identity_options.ts";
import { PasswordSignIn } from "./password_sign_in.ts";
import { LocalPeerCounts } from "./peers/peer_counts.ts";
import { PeerLimit } from "./peers/peer_limit.ts";
import { RenewalExchange } from "./renewal_exchange.ts";
import { SignIn } from "./sign_in.ts";
import { serverIdOf, storeSecret } from "./server_secret.ts";

/** Everything about identity over one store. */
export interface Identity extends Disposable {
  /** What a server asks about connections and calls. */
  readonly gate: Gate;
  /** The accounts. */
  readonly accounts: Accounts;
  /** The accounts' public keys. */
  readonly publicKeys: PublicKeys;
  /** The client certificates that stand for accounts. */
  readonly certificates: AccountCertificates;
  /** The accounts' second factors; passkeys are listed and removed there too. */
  readonly factors: SecondFactors;
  /** The sessions. */
  readonly sessions: Sessions;
  /** The API keys. */
  readonly keys: ApiKeys;
  /** The invitations. */
  readonly invitations: Invitations;
  /**
   * Checks a password, for a program that embeds dari.
   *
   * @param username The name, in any spelling.
   * @param password The password.
   * @param address The peer's address; without it the attempt counts for no peer.
   * @param code The code of a second factor.
   * @returns The account.
   * @throws {AuthenticationError} When the name, the password or the code is wrong.
   * @throws {SecondFactorRequiredError} When the password is right, and the account needs a code.
   * @throws {AccountLockedError} After too many failures; `retryAfterMs` says for how long.
   * @throws {InactiveAccountError} When the password is right, and the account disabled.
   * @throws {DariError} `resource_exhausted` when too many attempts wait, or the peer failed too often.
   */
  verify(username: string, password: string, address?: string, code?: string): Promise<Account>;
  /**
   * Says whether a principal may call a method, and which rule decides.
   *
   * @param name An account's name, `local`, or `certificate:IDENTITY`.
   * @param method The method.
   * @param scopes The scopes of a credential, where it has some.
   * @param isAdminMethod Whether the method is declared administrative.
   * @returns The decision and its reason.
   * @throws {DariError} `not_found` when there is no such account.
   */
  explain(
    name: string,
    method: string,
    scopes?: readonly string[],
    isAdminMethod?: boolean,
  ): Promise<Decision>;
  /** The policy that decides now. */
  readonly policy: Policy;
  /**
   * Decides on a call by the policy alone: whether the caller's credential is still valid is left out.
   *
   * @param subject The caller; `null` where nobody is signed in.
   * @param method The method.
   * @param isAdminMethod Whether the method is declared administrative.
   * @returns The decision and its reason.
   */
  decide(subject: Subject | null, method: string, isAdminMethod?: boolean): Decision;
  /**
   * Changes who may call what. It holds from the next call on, on every connection.
   *
   * @param policy The policy.
   * @throws {DariError} `configuration` when a pattern is malformed; then the policy before goes on.
   */
  setPolicy(policy: Policy): void;
  /**
   * Writes down now which sessions and API keys were used in the last second; otherwise that happens
   * by itself, once a second. Call it before the store is closed. It never rejects.
   */
  flush(): Promise<void>;
}

const LOCAL_TRANSPORTS: readonly TransportName[] = ["unix", "memory", "pipe", "worker"];

/**
 * Puts accounts, credentials, policy and gate together over a store.
 *
 * @param store Where accounts, sessions and keys are stored; closing it stays with the caller.
 * @param options Policy, bounds, clock and randomness.
 * @returns Gate, accounts, sessions and keys. Disposing it ends its watches of the store.
 * @throws {DariError} `configuration` when a pattern of the policy is malformed.
 * @example
 * ```ts
 * import { openIdentity } from "@dari/dari/auth";
 * import { createMemoryStore } from "@dari/dari/store";
 * import { assertEquals } from "@std/assert";
 *
 * await using store = createMemoryStore();
 * using identity = await openIdentity(store, { passwords: { iterations: 1_000 } });
 * await identity.accounts.add({ name: "Alice", password: "correct horse battery" });
 * const alice = await identity.verify("alice", "correct horse battery");
 * assertEquals(alice.roles, ["user"]);
 * ```
 */
export async function openIdentity(
  store: Store,
  options: IdentityOptions = {},
): Promise<Identity> {
  const foundation = createFoundation(store, options);
  const secret = await storeSecret(store, foundation.random);
  const { accounts, publicKeys, certificates, policy } = foundation;
  const { sessions, keys, signedRequests } = createCredentials(foundation, options.sessions);
  const live = new LivePrincipals(store);
  const uses = new Uses({ store, sessions, keys });
  const authorizer = new Authorizer({ ...foundation, live, sessions, uses });
  const authenticator = new Authenticator({
    ...foundation,
    sessions,
    keys,
    signedRequests,
    tokens: new TokenVerifier({ fetch: options.fetch, now: () => foundation.clock.now() }),
    live,
    authorizer,
    isCertificateRevoked: options.isCertificateRevoked ?? (() => false),
  });
  const delegations = new Delegations({ ...foundation, live, authorizer });
  const decoys = new Decoys(secret);
  const { peerCounts = new LocalPeerCounts(foundation.clock) } = options;
  const peers = new PeerLimit(peerCounts, options.maxFailuresPerPeer);
  const { factors, passkeys } = createFactors(foundation, sessions, secret);
  const passwords = new PasswordSignIn({ ...foundation, factors, peers, decoys });
  const invitations = new Invitations({
    ...foundation,
    keys,
    records: new Collection<InvitationRecord>(store, "invitation/", "all"),
    issueCertificate: options.issueCertificate,
    clusterSecrets: options.clusterSecrets,
  });
  const serverId = serverIdOf(secret);
  const renewals = new RenewalExchange({
    ...foundation,
    peers,
    serverId,
    renewals: new Renewals({
      ...foundation,
      successors: new Collection<RenewalRecord>(store, "renewal/", "all"),
      renewer: options.renewer,
    }),
  });
  const signIn = new SignIn({
    ...foundation,
    invitations,
    renewals,
    passwords,
    passkeys,
    peers,
    sessions,
    authenticator,
    live,
    decoys,
    serverId,
  });
  const { localTransports = LOCAL_TRANSPORTS } = options;
  const parts = {
    ...{ policy, authenticator, authorizer, delegations, live, signIn },
    factorRequests: new FactorRequests({ ...foundation, factors, authorizer, sessions }),
    passkeyRequests: new PasskeyRequests({ ...foundation, passkeys, sessions }),
  };
  return {
    gate: createGate({ ...parts, localTransports }),
    accounts,
    publicKeys,
    certificates,
    factors,
    sessions,
    keys,
    invitations,
    async verify(username, password, address, code) {
      const facts = { address, code };
      return await passwords.withPassword(username, password, facts, async (account, also) => {
        await store.batch(also);
        return accountOf(account);
      });
    },
    explain: (...asked) => explain({ policy: policy.current, accounts, certificates }, ...asked),
    decide: (...asked) => policy.current.decide(...asked),
    get policy() {
      return policy.source;
    },
    setPolicy(next) {
      live.revokeAllOf(policy.change(next));
      live.forgetDecisions();
    },
    flush: () => uses.flush(),
    [Symbol.dispose]() {
      live[Symbol.dispose]();
      uses[Symbol.dispose]();
    },
  };
}
