/**
 * Accounts, sessions, keys, policy and the gate over one store, put together.
 *
 * @module
 */

import { decodeBase64Url } from "@std/encoding/base64url";
import { type Clock, systemClock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import { LOCAL_TRANSPORTS } from "../../base/local_transports.ts";
import type { Store } from "../../store/store.ts";
import type { PeerCertificate, TransportName } from "../../transport/connection.ts";
import { type Account, accountOf, type AccountRecord } from "../account/account.ts";
import { Accounts } from "../account/accounts.ts";
import { type ApiKeyRecord, ApiKeys } from "../credential/api_keys.ts";
import { Authorizer } from "../access/authorizer.ts";
import {
  type Bytes,
  hmacSha256,
  type RandomBytes,
  randomText,
  systemRandom,
} from "../proof/bytes.ts";
import { type CertificateRecord, Certificates } from "../account/account_certificates.ts";
import { Collection } from "../../store/collection.ts";
import { createDerivationQueue } from "../proof/derive.ts";
import { Exchanges } from "./exchanges.ts";
import { explain } from "../access/explain.ts";
import type { Gate } from "./gate.ts";
import { createGate, serverIdOf, touch } from "./identity_gate.ts";
import { Lockout, type LockoutPolicy } from "../account/lockout.ts";
import type { PasswordPolicy } from "../proof/password_policy.ts";
import { PasswordSignIn } from "../account/password_sign_in.ts";
import { PeerLimit } from "../account/peer_limit.ts";
import { compilePolicy, type Decision, type Policy } from "../policy/policy.ts";
import { ALGORITHMS, type PublicKeyRecord, standInKey } from "../proof/public_key.ts";
import { PublicKeys } from "../account/public_keys.ts";
import { LivePrincipals } from "../access/live_principals.ts";
import { type SessionPolicy, type SessionRecord, Sessions } from "../credential/sessions.ts";
import { type Exchange, SignIn } from "./sign_in.ts";
import { SignedRequests } from "../credential/signed_request.ts";
import { TokenCache } from "../credential/token_cache.ts";

/** How identity is settled; each part has safe defaults. */
export interface IdentityOptions {
  /** Who may call what. */
  readonly policy?: Policy;
  /** Which passwords may be chosen. */
  readonly passwords?: PasswordPolicy & {
    /** PBKDF2 iterations of new passwords. @default {600_000} */
    readonly iterations?: number;
  };
  /** When accounts are locked. */
  readonly lockout?: LockoutPolicy;
  /** How long sessions live. */
  readonly sessions?: SessionPolicy;
  /** Failed sign-ins that one peer may cause in five minutes. @default {50} */
  readonly maxFailuresPerPeer?: number;
  /**
   * Connections whose other end is the owner of this process, who may do everything.
   *
   * @default {["unix", "memory", "pipe", "worker"]}
   */
  readonly localTransports?: readonly TransportName[];
  /** Says whether a client certificate was revoked; asked twice a second while it is in use. */
  readonly isCertificateRevoked?: (certificate: PeerCertificate) => boolean;
  /** The time. @default {systemClock} */
  readonly clock?: Clock;
  /** Where random bytes come from. @default {systemRandom} */
  readonly random?: RandomBytes;
}

/** Everything about identity over one store. */
export interface Identity extends Disposable {
  /** What a server asks. */
  readonly gate: Gate;
  /** The accounts. */
  readonly accounts: Accounts;
  /** Their public keys. */
  readonly publicKeys: PublicKeys;
  /** The client certificates that stand for them. */
  readonly certificates: Certificates;
  /** The sessions. */
  readonly sessions: Sessions;
  /** The API keys. */
  readonly keys: ApiKeys;
  /**
   * Checks a password, for a program that embeds dari.
   *
   * @param username The name, in any spelling.
   * @param password The password.
   * @param address Where the attempt came from; without it no limit per peer is kept.
   * @returns The account.
   * @throws {AuthenticationError} The name or password is wrong.
   * @throws {AccountLockedError} Too many failures; `retryAfterMs` says for how long.
   * @throws {InactiveAccountError} The password is right, and the account disabled.
   */
  verify(username: string, password: string, address?: string): Promise<Account>;
  /**
   * Says whether somebody may call a method, and which rule says so.
   *
   * @param name An account's name, `local`, or `certificate:IDENTITY`.
   * @param method The method.
   * @param scopes The scopes of a credential, where it has some.
   * @returns The decision and its reason.
   * @throws {DariError} `not_found`.
   */
  explain(name: string, method: string, scopes?: readonly string[]): Promise<Decision>;
}

/**
 * Puts identity together over a store.
 *
 * @param store Where accounts, sessions and keys are kept; closing it stays with the caller.
 * @param options Policy, bounds, clock and randomness.
 * @returns Gate, accounts, sessions and keys. Disposing it ends its watches of the store.
 * @throws {DariError} `configuration` when the policy cannot be read.
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
  const { clock = systemClock, random = systemRandom } = options;
  const policy = compilePolicy(options.policy);
  const secret = await storeSecret(store, random);
  const records = {
    accounts: new Collection<AccountRecord>(store, "account/"),
    sessions: new Collection<SessionRecord>(store, "session/"),
    keys: new Collection<ApiKeyRecord>(store, "key/"),
    signIns: new Collection<{ atMs: number }>(store, "sign-in/"),
  };
  const lockout = new Lockout(store, clock, random, options.lockout);
  const passwords = new PasswordSignIn({
    accounts: records.accounts,
    lockout,
    peers: new PeerLimit(clock, options.maxFailuresPerPeer),
    queue: createDerivationQueue(),
    random,
    iterations: options.passwords?.iterations ?? limits.passwordIterations,
    secret,
  });
  const accounts = new Accounts({
    accounts: records.accounts,
    signIns: records.signIns,
    lockout,
    passwords,
    passwordPolicy: options.passwords ?? {},
    clock,
    random,
  });
  const sessions = new Sessions({
    store,
    ...records,
    endAll: (name) => accounts.endSessions(name),
    policy: options.sessions ?? {},
    clock,
    random,
  });
  const keys = new ApiKeys({ ...records, uses: new Collection(store, "use/"), clock, random });
  const certificates = new Certificates(
    accounts,
    new Collection<CertificateRecord>(store, "certificate/"),
  );
  const live = new LivePrincipals(store);
  const gate = assembleGate({
    store,
    clock,
    random,
    options,
    policy,
    accounts,
    passwords,
    sessions,
    keys,
    certificates,
    live,
    serverId: serverIdOf(secret),
    standInKey: standInFrom(secret),
  });
  return {
    gate,
    accounts,
    publicKeys: new PublicKeys(accounts, clock, random),
    certificates,
    sessions,
    keys,
    async verify(username, password, address) {
      return await passwords.withPassword(username, password, address, async (account, uncount) => {
        await store.batch([uncount]);
        return accountOf(account);
      });
    },
    explain: (name, method, scopes) =>
      explain({ policy, accounts, certificates }, name, method, scopes),
    [Symbol.dispose]: () => live[Symbol.dispose](),
  };
}

interface Assembly {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly options: IdentityOptions;
  readonly policy: ReturnType<typeof compilePolicy>;
  readonly accounts: Accounts;
  readonly passwords: PasswordSignIn;
  readonly sessions: Sessions;
  readonly keys: ApiKeys;
  readonly certificates: Certificates;
  readonly live: LivePrincipals;
  readonly serverId: string;
  readonly standInKey: (question: string) => Promise<PublicKeyRecord>;
}

function assembleGate(parts: Assembly): Gate {
  const { store, clock, random, options, policy, sessions, keys, live } = parts;
  const exchanges = new Exchanges<Exchange>(clock);
  const gate = createGate({
    sessions,
    keys,
    signed: new SignedRequests(keys, store, clock),
    certificates: parts.certificates,
    signIn: () => signIn,
    exchanges,
    authorizer: new Authorizer({
      policy,
      live,
      clock,
      sessions,
      touch: (principal, idleUntilMs) => touch({ sessions, keys, live }, principal, idleUntilMs),
    }),
    live,
    cache: new TokenCache(),
    clock,
    localTransports: options.localTransports ?? LOCAL_TRANSPORTS,
    isCertificateRevoked: options.isCertificateRevoked ?? (() => false),
  });
  const signIn = new SignIn({
    accounts: parts.accounts,
    passwords: parts.passwords,
    sessions,
    exchanges,
    random,
    serverId: parts.serverId,
    standInKey: parts.standInKey,
    authenticate: async (token) => await gate.authenticate(token, "rpc.authenticate", undefined),
  });
  return gate;
}

/** A secret that the store's servers share; the first one draws it. */
async function storeSecret(store: Store, random: RandomBytes): Promise<Bytes> {
  const secrets = new Collection<{ secret: string }>(store, "server/");
  const drawn = { secret: randomText(random, limits.tokenBytes) };
  const kept = await secrets.update("secret", (record) => record === null ? drawn : null);
  return decodeBase64Url((kept ?? drawn).secret);
}

/** By the store's secret, so that no server of it gives another answer; made when first asked for. */
function standInFrom(secret: Bytes): (question: string) => Promise<PublicKeyRecord> {
  const made = ALGORITHMS.map((): Promise<PublicKeyRecord> | undefined => undefined);
  return (question) => {
    const [drawn = 0] = hmacSha256(secret, `challenge ${question}`);
    const at = drawn % ALGORITHMS.length;
    return made[at] ??= standInKey(ALGORITHMS[at] ?? "Ed25519");
  };
}
