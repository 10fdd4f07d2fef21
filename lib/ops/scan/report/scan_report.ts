/**
 * What a scan says, as `--json` prints it.
 *
 * @module
 */

import type { Finding } from "../../finding/finding.ts";
import type { Severity } from "../../finding/severity.ts";
import type { JudgedCertificate } from "./certificates.ts";
import type { VersionName } from "../names/versions.ts";
import type { SessionSource } from "../probe/client_auth.ts";
import type { Spent } from "../wire/budget.ts";

/** A version in a report. */
export interface VersionReport {
  /** The version. */
  readonly version: VersionName;
  /** Whether the server takes it. */
  readonly outcome: "offered" | "refused" | "unknown";
  /** How it refused, or why that is unknown. */
  readonly reason?: string;
  /** Its suites, with what is weak about each. */
  readonly suites: readonly { readonly name: string; readonly weakness?: Severity }[];
  /** Whose order of suites counts. */
  readonly order?: "server" | "client";
}

/** Client certificates with one version. */
export interface ClientAuthReport {
  /** The version. */
  readonly version: VersionName;
  /** Whether a certificate is asked for. */
  readonly isAsked: boolean | "unknown";
  /** Whether a client without one is turned away. */
  readonly isEnforced: boolean | "unknown";
  /** What the server did with a client without one. */
  readonly reason: string;
  /** Whether the certificate of the scan was taken. */
  readonly isShownTaken?: boolean;
  /** What became of sessions that went on without a certificate, by where they came from. */
  readonly resumption: Partial<Record<SessionSource, "resumed" | "refused" | "no_session">>;
}

/** What a scan says. */
export interface ScanReport {
  /** The host and port, as they were given. */
  readonly server: string;
  /** The IP address and port that were connected to. */
  readonly connectedTo: string;
  /** The name that was asked for, and that the certificate was checked for. */
  readonly name: string;
  /** When the scan began, ISO 8601. */
  readonly at: string;
  /** Whether everything was looked at. */
  readonly isComplete: boolean;
  /** The versions from the oldest to the newest. */
  readonly versions: readonly VersionReport[];
  /** The groups of key agreement. */
  readonly groups: {
    /** Of TLS 1.3. */
    readonly "TLSv1.3": readonly string[];
    /** Up to TLS 1.2. */
    readonly "TLSv1.2": readonly string[];
  };
  /** The bits of the prime of DHE. */
  readonly primeBits?: number;
  /** What was negotiated in whole handshakes. */
  readonly negotiated: readonly {
    readonly version: VersionName;
    readonly suite: string;
    readonly group: string;
    readonly protocol: string;
    readonly signature: string;
  }[];
  /** The server's certificates. */
  readonly certificates: readonly JudgedCertificate[];
  /** Client certificates by version. */
  readonly clientCertificates: readonly ClientAuthReport[];
  /** Whether the server compresses, where that was told. */
  readonly compresses?: boolean;
  /** Whether renegotiation is bound to the connection, where that was told. */
  readonly renegotiatesSafely?: boolean;
  /** Whether the extended master secret is used, where that was told. */
  readonly extendsMasterSecret?: boolean;
  /** Whether a lowered version is noticed, where that was told. */
  readonly noticesFallback?: boolean;
  /** What is wrong, the worst first. */
  readonly findings: readonly Finding[];
  /** What the scan has spent. */
  readonly spent: Spent & { readonly timeMs: number };
}
