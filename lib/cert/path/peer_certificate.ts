/**
 * What a certificate of the other side says, once the handshake has verified its signatures, and the
 * rules of ours that TLS libraries do not insist on.
 *
 * @see RFC 5280 section 4.2.1
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import { createHash } from "node:crypto"; // Web Crypto has no hash that answers at once
import {
  type Certificate,
  identityOf,
  parseCertificate,
  parseCertificates,
} from "../x509/certificate.ts";
import type { Purpose } from "../x509/certificate_template.ts";
import { formatName } from "../x509/distinguished_name.ts";
import { checkName } from "./name_match.ts";
import { TransportError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { checkProfile } from "./path_rules.ts";
import { keepsRules, verifyCertificate } from "./verify.ts";
import type { PeerCertificate } from "../../transport/connection.ts";
import type { ShownCertificates } from "../../transport/tls/shown_certificates.ts";

/**
 * Reads a client's certificate.
 *
 * @param shown What the client showed in a handshake that verified the signatures.
 * @returns Who the client is: its first URI, else its first DNS name, else its common name.
 * @throws {DariError} `data` when it breaks a rule that the handshake does not insist on.
 * @throws {TransportError} `unavailable` when it is not made for clients or names nobody.
 */
export async function describeClient(shown: ShownCertificates): Promise<PeerCertificate> {
  const leaf = await checkShown(shown, "client");
  const described = describe(leaf);
  if (described.identity === "") throw unfit("names nobody: no URI, no DNS name, no common name");
  return described;
}

/**
 * Reads a server's certificate.
 *
 * @param shown What the server showed in a handshake that verified the signatures.
 * @param host The name or address that was connected to.
 * @throws {DariError} `data` when it breaks a rule that the handshake does not insist on.
 * @throws {TransportError} `unavailable` when it is not made for servers or not for this one.
 */
export async function describeServer(
  shown: ShownCertificates,
  host: string,
): Promise<PeerCertificate> {
  const leaf = await checkShown(shown, "server");
  const fault = checkName(leaf, host);
  if (fault !== undefined) throw unfit(`is not for this server: ${fault.message}`);
  return describe(leaf);
}

async function checkShown(
  { chain, authorities: pem }: ShownCertificates,
  purpose: Purpose,
): Promise<Certificate> {
  const leaf = remembered(chain[0]);
  const fault = checkProfile(leaf, purpose);
  if (fault !== undefined) throw unfit(fault.message);
  if (pem === undefined) return leaf; // the public authorities are the runtime's to know
  const authorities = authoritiesOf(pem);
  // The handshake neither holds a path against the path length and the dates of a trusted authority
  // nor looks at serial numbers. What it lets in at once is checked at once.
  if (!keepsRules(leaf, authorities, purpose, Date.now())) {
    const intermediates = chain.slice(1).map(parseCertificate);
    await verifyCertificate(leaf, { authorities, intermediates, purpose });
  }
  return leaf;
}

/** Leaves by their DER: who comes back shows the same one. Only reading is spared, no check is. */
const leaves = new Map<string, Certificate>();

function remembered(der: Uint8Array<ArrayBuffer>): Certificate {
  const key = encodeBase64(der);
  const known = leaves.get(key);
  if (known !== undefined) return known;
  const leaf = parseCertificate(der);
  if (leaves.size >= limits.maxRememberedLeaves) leaves.clear();
  leaves.set(key, leaf);
  return leaf;
}

let lastRead: { readonly pem: string; readonly authorities: Certificate[] } | undefined;

/** Who trusts somebody once does so again with the next handshake. */
function authoritiesOf(pem: string): readonly Certificate[] {
  if (lastRead?.pem !== pem) lastRead = { pem, authorities: parseCertificates(pem) };
  return lastRead.authorities;
}

function describe(certificate: Certificate): PeerCertificate {
  return {
    identity: identityOf(certificate),
    subject: formatName(certificate.subject),
    serial: certificate.serial,
    fingerprint: createHash("sha256").update(certificate.der).digest("hex"),
    notAfterMs: certificate.notAfterMs,
  };
}

function unfit(why: string): TransportError {
  return new TransportError("unavailable", `its certificate ${why}`, { retryable: false });
}
