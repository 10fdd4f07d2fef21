/**
 * The gate over a store's accounts, sessions, keys and policy.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Peer, PeerCertificate, TransportName } from "../../transport/connection.ts";
import { accountId, CERTIFICATE_PREFIX } from "../account/account.ts";
import { KEY_PREFIX } from "../proof/api_key.ts";
import type { ApiKeys, FoundApiKey } from "../credential/api_keys.ts";
import type { Authorizer } from "../access/authorizer.ts";
import { sha256 } from "../proof/bytes.ts";
import { certificateId, type Certificates } from "../account/account_certificates.ts";
import { AuthenticationError, indistinguishable } from "../proof/errors.ts";
import type { Exchanges } from "./exchanges.ts";
import type { Gate, SignInContext, SignInMethod, SignInReply } from "./gate.ts";
import { LivePrincipal } from "../credential/live_principal.ts";
import type { Principal } from "../policy/principal.ts";
import type { LivePrincipals } from "../access/live_principals.ts";
import { SESSION_PREFIX, type Sessions } from "../credential/sessions.ts";
import type { Exchange, SignIn } from "./sign_in.ts";
import { SIGNATURE_PREFIX, type SignedRequests } from "../credential/signed_request.ts";
import type { TokenCache } from "../credential/token_cache.ts";

/** What the gate is put together from. */
export interface GateParts {
  /** The sessions. */
  readonly sessions: Sessions;
  /** The API keys. */
  readonly keys: ApiKeys;
  /** Requests signed by API keys. */
  readonly signed: SignedRequests;
  /** Which accounts certificates stand for. */
  readonly certificates: Certificates;
  /** Serves the sign-in requests. */
  readonly signIn: () => SignIn;
  /** Unfinished exchanges. */
  readonly exchanges: Exchanges<Exchange>;
  /** Checks calls. */
  readonly authorizer: Authorizer;
  /** The principals in use. */
  readonly live: LivePrincipals;
  /** Principals by token. */
  readonly cache: TokenCache;
  /** The time. */
  readonly clock: Clock;
  /** Connections that are the owner's own. */
  readonly localTransports: readonly TransportName[];
  /** Says whether a certificate was revoked. */
  readonly isCertificateRevoked: (certificate: PeerCertificate) => boolean;
}

/**
 * Makes the gate.
 *
 * @param parts What it is put together from.
 * @returns The gate.
 */
export function createGate(parts: GateParts): Gate {
  const { authorizer, cache, exchanges, live } = parts;
  const local = new LivePrincipal(
    { name: "local", kind: "local", roles: ["admin"], credentialId: "local" },
    {},
  );
  return {
    async identify(peer: Peer): Promise<Principal | null> {
      if (parts.localTransports.includes(peer.transport)) return local;
      return peer.certificate === undefined ? null : await certified(parts, peer.certificate);
    },
    async signIn(
      method: SignInMethod,
      params: unknown,
      context: SignInContext,
    ): Promise<SignInReply> {
      try {
        return await parts.signIn().serve(method, params, context);
      } catch (error) {
        throw indistinguishable(error);
      }
    },
    authenticate(token: string, method: string, params: unknown): Principal | Promise<Principal> {
      // A signature counts once; under its prefix the cache has names that the store knows.
      const known = token.startsWith(SIGNATURE_PREFIX) ? undefined : cache.get(token);
      if (known !== undefined) {
        if (authorizer.isValid(known)) return known;
        cache.delete(token);
      }
      return proven(parts, token, method, params).catch((error: unknown) => {
        throw indistinguishable(error);
      });
    },
    authorize: (principal, method, now) => authorizer.authorize(principal, method, now),
    onRevoked: (listener) => live.onRevoked(listener),
    forget: (connectionId) => void exchanges.take(connectionId),
  };
}

async function proven(
  parts: GateParts,
  token: string,
  method: string,
  params: unknown,
): Promise<Principal> {
  if (token.startsWith(SIGNATURE_PREFIX)) {
    // Checked once: its nonce is spent. The principal may be an older signature's.
    const found = await parts.signed.verify(token, method, params);
    const name = `${SIGNATURE_PREFIX}${found.secret.hash}`;
    const known = parts.cache.get(name);
    if (known !== undefined && parts.authorizer.isValid(known)) return known;
    return await settle(
      parts,
      name,
      () =>
        parts.keys.findById(found.record.id, ({ hash }) => hash === found.secret.hash).then((
          again,
        ) => keyPrincipal(again)),
    );
  }
  if (token.startsWith(SESSION_PREFIX)) {
    return await settle(parts, token, () => sessionPrincipal(parts, token));
  }
  if (token.startsWith(KEY_PREFIX)) {
    return await settle(parts, token, async () => keyPrincipal(await parts.keys.find(token)));
  }
  throw new AuthenticationError("The token is neither a session's nor an API key");
}

/**
 * Makes a principal from what the store says, and again where the store changed in between: from
 * the moment it is in use, the watch ends it.
 */
async function settle(
  parts: GateParts,
  name: string | null,
  make: () => Promise<LivePrincipal>,
): Promise<LivePrincipal> {
  const { live, cache, authorizer } = parts;
  for (let attempt = 0; attempt < limits.maxStoreUpdateAttempts; attempt++) {
    const generation = live.generation;
    const principal = await make();
    if (live.generation !== generation) continue;
    live.add(principal);
    if (!authorizer.isValid(principal)) throw new AuthenticationError("The credential ended");
    if (name !== null) cache.set(name, principal);
    return principal;
  }
  throw new DariError("unavailable", "Accounts change too fast to sign in; try again");
}

async function sessionPrincipal(parts: GateParts, token: string): Promise<LivePrincipal> {
  const { key, record, account } = await parts.sessions.find(token);
  const { endsAtMs, idleUntilMs } = record;
  return new LivePrincipal({
    name: account.name,
    kind: "session",
    roles: account.roles,
    credentialId: `session:${key.slice(0, 16)}`,
    endsAtMs,
    idleUntilMs,
    // The store knows of its use up to then.
    touchAtMs: idleUntilMs - parts.sessions.idleMs + parts.sessions.touchMs,
  }, { account, accountKey: accountId(account.name), key: `session/${key}` });
}

function keyPrincipal({ record, secret, account }: FoundApiKey): LivePrincipal {
  const { scopes } = record;
  return new LivePrincipal({
    name: account.name,
    kind: "apiKey",
    roles: account.roles,
    ...(scopes === undefined ? {} : { scopes }),
    credentialId: `apiKey:${record.id}`,
    endsAtMs: Math.min(secret.endsAtMs ?? Infinity, record.expiresAtMs ?? Infinity),
  }, {
    account,
    accountKey: accountId(account.name),
    key: `key/${record.id}`,
    detail: secret.hash,
  });
}

async function certified(
  parts: GateParts,
  certificate: PeerCertificate,
): Promise<Principal | null> {
  const { identity, fingerprint, notAfterMs } = certificate;
  const isRevoked = () => parts.isCertificateRevoked(certificate);
  if (isRevoked() || notAfterMs <= parts.clock.now()) return null;
  const key = `certificate/${certificateId(identity)}`;
  const make = async () => {
    const owner = await parts.certificates.owner(identity);
    if (owner === null || owner?.active === false) {
      throw new AuthenticationError("The certificate's account was disabled or removed");
    }
    return new LivePrincipal({
      name: owner?.name ?? CERTIFICATE_PREFIX + identity,
      kind: "certificate",
      roles: owner?.roles ?? ["certificate"],
      credentialId: `certificate:${fingerprint.slice(0, 16)}`,
      endsAtMs: notAfterMs,
    }, {
      key,
      detail: identity,
      isRevoked,
      ...(owner === undefined ? {} : { account: owner, accountKey: accountId(owner.name) }),
    });
  };
  return await settle(parts, null, make).catch((error: unknown) => {
    if (error instanceof AuthenticationError) return null;
    throw error;
  });
}

/**
 * Writes down the use of a credential, without making the caller wait. A session that the store let
 * go of since the last one ends: nobody could list or revoke it.
 *
 * @param parts The sessions and keys, and the principals in use.
 * @param principal Whose credential was used.
 * @param idleUntilMs A session's new end.
 */
export function touch(
  parts: { sessions: Sessions; keys: ApiKeys; live: LivePrincipals },
  principal: LivePrincipal,
  idleUntilMs: number,
): void {
  const { key = "" } = LivePrincipal.originOf(principal);
  const id = key.slice(key.indexOf("/") + 1);
  const written = principal.kind === "session"
    ? parts.sessions.touch(id, idleUntilMs).then((found) => found || parts.live.revoke(principal))
    : principal.kind === "apiKey"
    ? parts.keys.touch(id)
    : Promise.resolve();
  // The use itself was right; a store that fails makes the next sign-in fail.
  written.catch(() => {});
}

/**
 * The id of a server's store, for challenges.
 *
 * @param secret A secret of the store.
 * @returns Its hash, in hexadecimal.
 */
export function serverIdOf(secret: Uint8Array<ArrayBuffer>): string {
  return encodeHex(sha256(secret)).slice(0, 32);
}
