/**
 * Reads and judges the certificates of a scanned server.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { type Clock, systemClock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { CertificateError, type CertificateReason } from "../../cert/reasons.ts";
import { readOid, readWhole } from "../../cert/der/reader.ts";
import { checkPublicKey } from "../../cert/key/public_key.ts";
import { checkName } from "../../cert/path/name_match.ts";
import { verifyCertificate } from "../../cert/path/verify.ts";
import { describeCertificate, titleOf } from "../../cert/show/inspect.ts";
import { type Certificate, parseCertificate } from "../../cert/x509/certificate.ts";
import { formatName } from "../../cert/x509/distinguished_name.ts";
import type {
  CertificateFault,
  CertificateJudge,
  CertificateRule,
  JudgedCertificate,
} from "../../ops/scan/report/certificates.ts";
import { verifyTlsSignature } from "./tls_signature.ts";

/** What certificates are judged by. */
export interface JudgeOptions {
  /** The authorities that are trusted. */
  readonly authorities: readonly Certificate[];
  /** Where the time comes from. */
  readonly clock?: Clock;
}

/** Names of signature algorithms that `lib/cert` does not take; the first five are weak. */
const weakAlgorithms = new Map<string, string>([
  ["1.2.840.113549.1.1.2", "md2WithRSAEncryption"],
  ["1.2.840.113549.1.1.4", "md5WithRSAEncryption"],
  ["1.2.840.113549.1.1.5", "sha1WithRSAEncryption"],
  ["1.2.840.10045.4.1", "ecdsa-with-SHA1"],
  ["1.2.840.10040.4.3", "dsa-with-SHA1"],
]);
const otherAlgorithms = new Map<string, string>([
  ["1.2.840.113549.1.1.14", "sha224WithRSAEncryption"],
  ["1.2.840.10045.4.3.1", "ecdsa-with-SHA224"],
  ["2.16.840.1.101.3.4.3.2", "dsa-with-SHA256"],
  ["1.3.101.113", "ed448"],
]);

/** Reasons of a path's refusal that are no question of trust. */
const rules: Partial<Record<CertificateReason, CertificateRule>> = {
  old_version: "certificate-profile",
  bad_serial: "certificate-profile",
  profile: "certificate-profile",
  unknown_extension: "certificate-profile",
  wrong_purpose: "certificate-profile",
  is_authority: "certificate-profile",
  bad_name: "certificate-profile",
  weak_key: "certificate-weak-key",
  weak_algorithm: "certificate-weak-signature",
  unsupported: "certificate-unknown-key",
};

/**
 * Makes what reads and judges certificates.
 *
 * @param options What they are judged by.
 */
export function certificateJudge(
  { authorities, clock = systemClock }: JudgeOptions,
): CertificateJudge {
  return {
    judge: (chain, name) => judge(chain, name, authorities, clock.now()),
    verifySignature: verifyTlsSignature,
  };
}

async function judge(
  [leafDer = new Uint8Array(0), ...rest]: readonly Uint8Array<ArrayBuffer>[],
  name: string,
  authorities: readonly Certificate[],
  timeMs: number,
): Promise<JudgedCertificate> {
  let leaf: Certificate;
  try {
    leaf = parseCertificate(leafDer);
  } catch (error) {
    return unreadable(leafDer, messageOf(error));
  }
  const intermediates = rest.flatMap((der) => {
    try {
      return [parseCertificate(der)];
    } catch (error) {
      if (!(error instanceof DariError)) throw error;
      return []; // a path that needs it is not found
    }
  });
  const own = [
    ...nameFaults(leaf, name),
    ...timeFaults(leaf, timeMs),
    ...keyFaults(leaf),
    ...signatureFaults(leaf),
  ];
  const path = await pathFault(leaf, intermediates, authorities, timeMs);
  // A weak key is named once, though the search for a path comes upon it as well.
  const isKnown = path === undefined || own.some(({ rule }) => rule === path.rule);
  const description = await describeCertificate(leaf);
  return {
    subject: description.subject,
    issuer: description.issuer,
    serial: description.serial,
    names: description.names,
    notBefore: description.notBefore,
    notAfter: description.notAfter,
    key: description.key,
    signature: signatureName(leaf),
    fingerprint: description.fingerprint,
    chain: [leaf, ...intermediates].map(({ subject }) => formatName(subject)),
    isTrusted: path === undefined,
    faults: isKnown ? own : [...own, path],
  };
}

function nameFaults(leaf: Certificate, name: string): CertificateFault[] {
  try {
    const fault = checkName(leaf, name);
    return fault === undefined ? [] : [{ rule: "certificate-name", message: fault.message }];
  } catch (error) {
    // A host such as "my_host", for which there can be no certificate.
    return [{ rule: "certificate-name", message: messageOf(error) }];
  }
}

function timeFaults(leaf: Certificate, timeMs: number): CertificateFault[] {
  const moment = (ms: number) => new Date(ms).toISOString();
  if (timeMs < leaf.notBeforeMs) {
    const message = `it is not valid before ${moment(leaf.notBeforeMs)}`;
    return [{ rule: "certificate-not-yet-valid", message }];
  }
  if (timeMs > leaf.notAfterMs) {
    return [{ rule: "certificate-expired", message: `it expired at ${moment(leaf.notAfterMs)}` }];
  }
  // A certificate that lives for a day is renewed in time; only a third of its life counts.
  const lifeMs = leaf.notAfterMs - leaf.notBeforeMs;
  const warningMs = Math.min(limits.scanExpiryWarningMs, lifeMs / 3);
  if (leaf.notAfterMs - timeMs >= warningMs) return [];
  const message = `it is valid until ${moment(leaf.notAfterMs)}`;
  return [{ rule: "certificate-expires-soon", message }];
}

function keyFaults(leaf: Certificate): CertificateFault[] {
  try {
    checkPublicKey(leaf.publicKey);
    return [];
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    const rule = error.reason === "weak_key" ? "certificate-weak-key" : "certificate-unknown-key";
    return [{ rule, message: error.message }];
  }
}

function signatureFaults(leaf: Certificate): CertificateFault[] {
  const weak = weakAlgorithms.get(signatureOid(leaf));
  if (weak === undefined) return [];
  return [{ rule: "certificate-weak-signature", message: `it is signed by ${weak}` }];
}

/** Dates of the leaf are judged by themselves, so the path is looked for while it is valid. */
async function pathFault(
  leaf: Certificate,
  intermediates: readonly Certificate[],
  authorities: readonly Certificate[],
  nowMs: number,
): Promise<CertificateFault | undefined> {
  const timeMs = Math.min(Math.max(nowMs, leaf.notBeforeMs), leaf.notAfterMs);
  try {
    await verifyCertificate(leaf, { authorities, intermediates, timeMs });
    return undefined;
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    const message = error.message.replace(/^The certificate is not to be trusted: /, "");
    return { rule: rules[error.reason] ?? "certificate-untrusted", message };
  }
}

function signatureOid({ signatureAlgorithm }: Certificate): string {
  return readOid(readWhole(signatureAlgorithm));
}

function signatureName(certificate: Certificate): string {
  const id = signatureOid(certificate);
  return weakAlgorithms.get(id) ?? otherAlgorithms.get(id) ?? titleOf(id);
}

async function unreadable(
  der: Uint8Array<ArrayBuffer>,
  message: string,
): Promise<JudgedCertificate> {
  return {
    subject: "",
    issuer: "",
    serial: "",
    names: [],
    notBefore: "",
    notAfter: "",
    key: "",
    signature: "",
    fingerprint: encodeHex(await crypto.subtle.digest("SHA-256", der)),
    chain: [],
    isTrusted: false,
    faults: [{ rule: "certificate-unreadable", message }],
  };
}

function messageOf(error: unknown): string {
  if (error instanceof DariError) return error.message;
  throw error;
}
