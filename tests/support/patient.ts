import type {
  AccountFact,
  ApiKeyFact,
  AuditFact,
  Patient,
  ServerFact,
} from "../../lib/ops/doctor/patient/patient.ts";

/** The moment of these examinations. */
export const NOW_MS: number = Date.parse("2026-06-01T12:00:00Z");

/** Someone in whom nothing is wrong, except for what is given. */
export function patientWith(different: Partial<Patient> = {}): Patient {
  return {
    directory: "/data",
    nowMs: NOW_MS,
    uid: 1_000,
    files: [{ path: "/data", kind: "directory", mode: 0o700, uid: 1_000, changedAtMs: NOW_MS }],
    certificates: [],
    keyFault: undefined,
    policyFault: undefined,
    identity: { value: { accounts: [], keys: [] } },
    audit: { value: auditWith() },
    cluster: undefined,
    disk: { value: { freeBytes: 2 ** 40, totalBytes: 2 ** 41 } },
    server: undefined,
    proxies: [],
    unlimited: [],
    ...different,
  };
}

/** An audit that nothing is wrong with, except for what is given. */
export function auditWith(different: Partial<AuditFact> = {}): AuditFact {
  return {
    unsigned: 0,
    unsignedSinceMs: undefined,
    isSigned: true,
    signer: { value: { notAfterMs: NOW_MS + 400 * 24 * 60 * 60 * 1_000 } },
    hasAuthority: true,
    ...different,
  };
}

/** An account that nothing is wrong with, except for what is given. */
export function accountWith(different: Partial<AccountFact> = {}): AccountFact {
  return {
    name: "alice",
    isAdmin: false,
    isActive: true,
    createdAtMs: NOW_MS,
    lastUsedAtMs: NOW_MS,
    iterations: undefined,
    ...different,
  };
}

/** An API key that nothing is wrong with, except for what is given. */
export function apiKeyWith(different: Partial<ApiKeyFact> = {}): ApiKeyFact {
  return {
    id: "k1",
    account: "alice",
    name: "ci",
    createdAtMs: NOW_MS,
    expiresAtMs: NOW_MS + 365 * 24 * 60 * 60 * 1_000,
    lastUsedAtMs: NOW_MS,
    ...different,
  };
}

/** A server that nothing is wrong with, except for what is given. */
export function serverWith(different: Partial<ServerFact> = {}): ServerFact {
  return {
    pid: 42,
    addresses: ["unix:/data/dari.sock", "tls://localhost:9090"],
    maxConnections: 100,
    maxOpenFiles: 100_000,
    tlsMin: "1.3",
    isMutual: false,
    scan: undefined,
    ...different,
  };
}
