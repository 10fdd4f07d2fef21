/**
 * The accounts, sessions and API keys of one store, and what everything above them shares.
 *
 * @module
 */

import { type Clock, systemClock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import { Collection } from "../../store/collection.ts";
import type { Store } from "../../store/store.ts";
import type { AccountRecord } from "../account/account.ts";
import { AccountCertificates, type CertificateRecord } from "../account/account_certificates.ts";
import { Accounts } from "../account/accounts.ts";
import type { FactorRecord } from "../factor/factor_record.ts";
import type { PasskeyOwner } from "../factor/passkey_record.ts";
import { Passkeys } from "../factor/passkeys.ts";
import { Sealing } from "../factor/sealing.ts";
import { SecondFactors } from "../factor/second_factors.ts";
import { Lockout } from "../account/lockout.ts";
import { PublicKeys } from "../account/public_keys.ts";
import type { ApiKeyRecord } from "../credential/api_key_record.ts";
import { ApiKeys } from "../credential/api_keys.ts";
import type { SessionRecord } from "../credential/session_record.ts";
import { type SessionPolicy, Sessions } from "../credential/sessions.ts";
import { SignedRequests } from "../credential/signed_request.ts";
import { PolicyInUse } from "../policy/policy_in_use.ts";
import { type Bytes, type RandomBytes, systemRandom } from "../proof/bytes.ts";
import { createDerivationQueue, type DerivationQueue } from "../proof/derive.ts";
import type { IdentityOptions } from "./identity_options.ts";

/** The accounts and what everything above them shares. */
export interface Foundation {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly policy: PolicyInUse;
  readonly lockout: Lockout;
  readonly queue: DerivationQueue;
  readonly iterations: number;
  readonly signIns: Collection<{ atMs: number }>;
  readonly factorRecords: Collection<FactorRecord>;
  readonly passkeyOwners: Collection<PasskeyOwner>;
  readonly accounts: Accounts;
  readonly publicKeys: PublicKeys;
  readonly certificates: AccountCertificates;
}

/**
 * Makes the accounts and what they need.
 *
 * @param store Where all of it is stored.
 * @param options What identity is opened with.
 */
export function createFoundation(store: Store, options: IdentityOptions): Foundation {
  const { clock = systemClock, random = systemRandom, passwords = {} } = options;
  const { iterations = limits.passwordIterations, ...passwordPolicy } = passwords;
  const lockout = new Lockout(store, clock, random, options.lockout);
  const queue = createDerivationQueue(options.derivations);
  const signIns = new Collection<{ atMs: number }>(store, "sign-in/");
  const policy = new PolicyInUse(options.policy, clock, options.openBuckets);
  const factorRecords = new Collection<FactorRecord>(store, "factor/", "all");
  const shared = {
    store,
    clock,
    random,
    policy,
    lockout,
    queue,
    iterations,
    signIns,
    factorRecords,
    passkeyOwners: new Collection<PasskeyOwner>(store, "passkey/", "all"),
  };
  const records = new Collection<AccountRecord>(store, "account/", "all");
  const accounts = new Accounts({ ...shared, records, passwordPolicy });
  const mappings = new Collection<CertificateRecord>(store, "certificate/", "all");
  return {
    ...shared,
    accounts,
    publicKeys: new PublicKeys(accounts, clock, random),
    certificates: new AccountCertificates({ store, accounts, records, mappings }),
  };
}

/**
 * Makes sessions and API keys.
 *
 * @param foundation The accounts.
 * @param policy How long sessions live.
 */
export function createCredentials(
  foundation: Foundation,
  policy: SessionPolicy = {},
): { sessions: Sessions; keys: ApiKeys; signedRequests: SignedRequests } {
  const { store, clock } = foundation;
  const keys = new ApiKeys({
    ...foundation,
    records: new Collection<ApiKeyRecord>(store, "key/", "all"),
    uses: new Collection(store, "use/"),
  });
  return {
    sessions: new Sessions({
      ...foundation,
      records: new Collection<SessionRecord>(store, "session/", "removals"),
      policy,
    }),
    keys,
    signedRequests: new SignedRequests(keys, store, clock),
  };
}

/**
 * Makes second factors and passkeys.
 *
 * @param foundation The accounts.
 * @param sessions The sessions that passkeys open.
 * @param secret The store's secret.
 */
export function createFactors(
  foundation: Foundation,
  sessions: Sessions,
  secret: Bytes,
): { factors: SecondFactors; passkeys: Passkeys } {
  const { store, random, factorRecords: records, passkeyOwners: owners } = foundation;
  const sealing = new Sealing(secret, "second factor", random);
  const answered = new Collection<object>(store, "passkey-answered/", "all");
  return {
    factors: new SecondFactors({ ...foundation, records, sessions, sealing }),
    passkeys: new Passkeys({ ...foundation, records, owners, answered, sealing }),
  };
}
