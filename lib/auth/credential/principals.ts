/**
 * The principal that each kind of credential makes.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import type { PeerCertificate } from "../../transport/connection.ts";
import { accountId, type AccountRecord, CERTIFICATE_PREFIX } from "../account/account.ts";
import { certificateId } from "../account/account_certificates.ts";
import { issuerKey } from "../issuer/token_issuer.ts";
import type { VerifiedToken } from "../issuer/token_verifier.ts";
import { sha256 } from "../proof/bytes.ts";
import type { FoundApiKey } from "./api_key_record.ts";
import { LivePrincipal } from "./live_principal.ts";
import { SESSION_ID_LENGTH } from "./session_record.ts";
import type { FoundSession } from "./sessions.ts";

/**
 * The owner of this process.
 *
 * @returns A principal that never ends.
 */
export function localPrincipal(): LivePrincipal {
  return new LivePrincipal(
    { name: "local", kind: "local", roles: ["admin"], credentialId: "local" },
    {},
  );
}

/**
 * The principal of a session.
 *
 * @param session The session and its account.
 * @param policy How long a session lives without use, and how often a use is written down.
 * @returns The principal.
 */
export function sessionPrincipal(
  { key, record, account }: FoundSession,
  { idleMs, touchMs }: { readonly idleMs: number; readonly touchMs: number },
): LivePrincipal {
  const { endsAtMs, idleUntilMs } = record;
  return new LivePrincipal({
    name: account.name,
    kind: "session",
    roles: account.roles,
    credentialId: `session:${key.slice(0, SESSION_ID_LENGTH)}`,
    endsAtMs,
    idleUntilMs,
    // The last use that was written down moved the end to where it is.
    touchAtMs: idleUntilMs - idleMs + touchMs,
  }, { account, accountKey: accountId(account.name), key: `session/${key}` });
}

/**
 * The principal of an API key.
 *
 * @param found The key, the secret that was used, and the account.
 * @returns The principal.
 */
export function apiKeyPrincipal({ record, secret, account }: FoundApiKey): LivePrincipal {
  const { id, scopes, expiresAtMs = Infinity } = record;
  return new LivePrincipal({
    name: account.name,
    kind: "apiKey",
    roles: account.roles,
    ...(scopes === undefined ? {} : { scopes }),
    credentialId: `apiKey:${id}`,
    endsAtMs: Math.min(secret.endsAtMs ?? Infinity, expiresAtMs),
  }, {
    account,
    accountKey: accountId(account.name),
    key: `key/${id}`,
    detail: secret.hash,
  });
}

/**
 * The principal of a token of an issuer that the policy names.
 *
 * @param token The token's text; of it the principal keeps a hash.
 * @param verified What it says.
 * @returns The principal.
 */
export function tokenPrincipal(
  token: string,
  { issuerName, name, roles, endsAtMs }: VerifiedToken,
): LivePrincipal {
  return new LivePrincipal({
    name,
    kind: "token",
    roles,
    credentialId: `token:${encodeHex(sha256(token)).slice(0, 16)}`,
    endsAtMs,
  }, { key: issuerKey(issuerName) });
}

/**
 * An account on whose behalf a peer calls. It has no credential of its own.
 *
 * @param account The account.
 * @returns The principal; it ends when the account is disabled, removed or loses a role.
 */
export function accountPrincipal(account: AccountRecord): LivePrincipal {
  const { name, roles } = account;
  return new LivePrincipal(
    { name, kind: "delegated", roles, credentialId: "delegated" },
    { account, accountKey: accountId(name) },
  );
}

/**
 * The principal of a client certificate.
 *
 * @param certificate The certificate.
 * @param owner The account that it stands for; without one it stands for itself.
 * @param isRevoked Says whether the certificate was revoked.
 * @returns The principal.
 */
export function certificatePrincipal(
  certificate: PeerCertificate,
  owner: AccountRecord | undefined,
  isRevoked: () => boolean,
): LivePrincipal {
  const { identity, fingerprint, notAfterMs } = certificate;
  return new LivePrincipal({
    name: owner?.name ?? CERTIFICATE_PREFIX + identity,
    kind: "certificate",
    roles: owner?.roles ?? ["certificate"],
    credentialId: `certificate:${fingerprint.slice(0, 16)}`,
    endsAtMs: notAfterMs,
  }, {
    key: `certificate/${certificateId(identity)}`,
    detail: identity,
    isRevoked,
    ...(owner === undefined ? {} : { account: owner, accountKey: accountId(owner.name) }),
  });
}
