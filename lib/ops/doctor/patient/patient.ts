/**
 * What `dari doctor` looks at: facts that were read before, so that a check only judges.
 *
 * @module
 */

import type { Finding } from "../../finding/finding.ts";
import type { CertificateFault } from "../../scan/report/certificates.ts";

/** Something that was read, or why it could not be. */
export type Known<T> = { readonly value: T } | { readonly unknown: string };

/** A file or directory of the data directory. */
export interface FileFact {
  /** Its path. */
  readonly path: string;
  /** What it is. */
  readonly kind: "file" | "directory" | "socket" | "link" | "other";
  /** Its permission bits; `undefined` where the system has none. */
  readonly mode: number | undefined;
  /** Its owner; `undefined` where the system has none. */
  readonly uid: number | undefined;
  /** When it was changed last, in milliseconds since the epoch. */
  readonly changedAtMs: number | undefined;
}

/** A certificate in a file, or one that the authority has issued. */
export interface CertificateFact {
  /** Where it is, or its subject and serial number. */
  readonly place: string;
  /** Whose it is. */
  readonly role: "authority" | "server" | "issued";
  /** The first moment at which it is valid; absent where it cannot be read. */
  readonly notBeforeMs?: number;
  /** What is wrong with it. */
  readonly faults: readonly CertificateFault[];
}

/** An account, as far as a check needs it. */
export interface AccountFact {
  /** Its name. */
  readonly name: string;
  /** Whether it may do everything. */
  readonly isAdmin: boolean;
  /** Whether any of its credentials is accepted. */
  readonly isActive: boolean;
  /** When it was made. */
  readonly createdAtMs: number;
  /** When it, or one of its keys, was used last. */
  readonly lastUsedAtMs: number | undefined;
  /** The iterations of its password, where it has one. */
  readonly iterations: number | undefined;
}

/** An API key, as far as a check needs it. */
export interface ApiKeyFact {
  /** Its ID. */
  readonly id: string;
  /** Its account. */
  readonly account: string;
  /** The name that its owner gave it. */
  readonly name: string;
  /** When it was made. */
  readonly createdAtMs: number;
  /** When it ends. */
  readonly expiresAtMs: number | undefined;
  /** When it was used last. */
  readonly lastUsedAtMs: number | undefined;
}

/** The audit, as far as a check needs it. */
export interface AuditFact {
  /** How many records there are that no checkpoint covers. */
  readonly unsigned: number;
  /** When the oldest of them was made. */
  readonly unsignedSinceMs: number | undefined;
  /** Whether anything was ever signed. */
  readonly isSigned: boolean;
  /** The certificate that signs; why it cannot be used, else; `undefined` where there is none. */
  readonly signer: Known<{ readonly notAfterMs: number }> | undefined;
  /** Whether there is an authority, which issues the signer. */
  readonly hasAuthority: boolean;
}

/** A server that uses the data directory now. */
export interface ServerFact {
  /** Its process. */
  readonly pid: number | undefined;
  /** Where it listens. */
  readonly addresses: readonly string[];
  /** The most connections that were wanted. */
  readonly maxConnections: number | undefined;
  /** The most files that it may have open. */
  readonly maxOpenFiles: number | undefined;
  /** The oldest version of TLS that it takes. */
  readonly tlsMin: string | undefined;
  /** Whether a listener asks for client certificates. */
  readonly isMutual: boolean;
  /** What a scan of its port with TLS found; none where it has none. */
  readonly scan:
    | Known<{ readonly address: string; readonly findings: readonly Finding[] }>
    | undefined;
}

/** A proxy that uses the data directory now. */
export interface ProxyFact {
  /** The name of the service that it guards. */
  readonly name: string;
  /** Its process. */
  readonly pid: number;
  /** Where it listens. */
  readonly address: string;
  /** Where it passes on to. */
  readonly service: string;
  /** What a scan of its port found; none where it was not scanned. */
  readonly scan: ServerFact["scan"];
}

/** A stream of a cluster. */
export interface StreamFact {
  /** Its name. */
  readonly name: string;
  /** What is lost with it. */
  readonly keeps: string;
  /** How many NATS servers keep it. */
  readonly replicas: number;
  /** In what it differs from what it has to be. */
  readonly difference: string | undefined;
}

/** How NATS servers keep what the servers of a cluster share. */
export interface ClusterFact {
  /** The streams that there are. */
  readonly streams: readonly StreamFact[];
  /** The version of the NATS server. */
  readonly version: string;
}

/** Everything that the checks judge. */
export interface Patient {
  /** The data directory. */
  readonly directory: string;
  /** The time, in milliseconds since the epoch. */
  readonly nowMs: number;
  /** The user that runs this program. */
  readonly uid: number | undefined;
  /** The data directory itself and what is in it. */
  readonly files: readonly FileFact[];
  /** Certificates. */
  readonly certificates: readonly CertificateFact[];
  /** What is wrong with the server's key, in words. */
  readonly keyFault: string | undefined;
  /** What is wrong with policy.json, in words. */
  readonly policyFault: string | undefined;
  /** Accounts and keys of the store; why it cannot be read, else. */
  readonly identity: Known<{
    readonly accounts: readonly AccountFact[];
    readonly keys: readonly ApiKeyFact[];
  }>;
  /** The audit; `undefined` where nothing was recorded yet. */
  readonly audit: Known<AuditFact> | undefined;
  /** The cluster's streams; `undefined` for a directory that belongs to no cluster. */
  readonly cluster: Known<ClusterFact> | undefined;
  /** The file system of the data directory. */
  readonly disk: Known<{ readonly freeBytes: number; readonly totalBytes: number }>;
  /** The server; `undefined` where none runs. */
  readonly server: ServerFact | undefined;
  /** The proxies that run. */
  readonly proxies: readonly ProxyFact[];
  /** Permissions that this program has without a limit: `net`, `read`, `write`, `run`, `ffi`. */
  readonly unlimited: readonly string[];
}
