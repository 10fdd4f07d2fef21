/**
 * What a scan is told about certificates: `lib/cert` reads and verifies them.
 *
 * @module
 */

import type { VerifySignature } from "../handshake/handshake.ts";
import type { Bytes } from "../wire/bytes.ts";

/** What can be wrong with a server's certificate. */
export type CertificateRule =
  | "certificate-unreadable"
  | "certificate-name"
  | "certificate-expired"
  | "certificate-not-yet-valid"
  | "certificate-expires-soon"
  | "certificate-weak-key"
  | "certificate-weak-signature"
  | "certificate-untrusted"
  | "certificate-profile"
  | "certificate-unknown-key";

/** One thing that is wrong with a certificate. */
export interface CertificateFault {
  /** Which rule it breaks. */
  readonly rule: CertificateRule;
  /** What is wrong, for a person. */
  readonly message: string;
}

/** A server's certificate, read and judged. */
export interface JudgedCertificate {
  /** The subject's name. */
  readonly subject: string;
  /** The issuer's name. */
  readonly issuer: string;
  /** The serial number in hexadecimal. */
  readonly serial: string;
  /** The names that it is made out to. */
  readonly names: readonly string[];
  /** The first moment at which it is valid, ISO 8601. */
  readonly notBefore: string;
  /** The last moment at which it is valid, ISO 8601. */
  readonly notAfter: string;
  /** The kind of its key: `RSA 2048`. */
  readonly key: string;
  /** How it is signed: `sha256WithRSAEncryption`. */
  readonly signature: string;
  /** SHA-256 of the certificate, in hexadecimal. */
  readonly fingerprint: string;
  /** The subjects of the certificates that came with it, its own first. */
  readonly chain: readonly string[];
  /** Whether a path to a trusted authority was found. */
  readonly isTrusted: boolean;
  /** What is wrong with it. */
  readonly faults: readonly CertificateFault[];
}

/** Reads and judges certificates. */
export interface CertificateJudge {
  /**
   * Judges what a server sent.
   *
   * @param chain The certificates in DER, the server's own first.
   * @param name The name that the server is reached by.
   * @returns The judgement; a certificate that cannot be read has a fault that says so.
   */
  judge(chain: readonly Bytes[], name: string): Promise<JudgedCertificate>;
  /** Verifies a signature by the key of a certificate. */
  readonly verifySignature: VerifySignature;
}
