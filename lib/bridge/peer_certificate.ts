/**
 * What a certificate of the other side says, once the handshake has verified its signatures, and the
 * rules of ours that TLS libraries do not insist on.
 *
 * @see RFC 5280 section 4.2.1
 * @module
 */

import { createHash } from "node:crypto"; // Web Crypto has no hash that answers at once
import { type Certificate, identityOf, parseCertificate } from "../cert/certificate.ts";
import { formatName } from "../cert/distinguished_name.ts";
import { checkName } from "../cert/name_match.ts";
import { oid } from "../cert/oid.ts";
import { TransportError } from "../base/errors.ts";
import type { PeerCertificate } from "../transport/connection.ts";

/**
 * Reads a client's certificate.
 *
 * @param der The certificate, verified by the handshake.
 * @returns Who the client is: its first URI, else its first DNS name, else its common name.
 * @throws {TransportError} `unavailable` when it is not made for clients or names nobody.
 */
export function describeClient(der: Uint8Array<ArrayBuffer>): PeerCertificate {
  const certificate = parseCertificate(der);
  checkProfile(certificate, oid.clientAuth, "client");
  const described = describe(certificate);
  if (described.identity === "") throw unfit("names nobody: no URI, no DNS name, no common name");
  return described;
}

/**
 * Reads a server's certificate.
 *
 * @param der The certificate, verified by the handshake.
 * @param host The name or address that was connected to.
 * @throws {TransportError} `unavailable` when it is not made for servers or not for this one.
 */
export function describeServer(der: Uint8Array<ArrayBuffer>, host: string): PeerCertificate {
  const certificate = parseCertificate(der);
  checkProfile(certificate, oid.serverAuth, "server");
  const fault = checkName(certificate, host);
  if (fault !== undefined) throw unfit(`is not for this server: ${fault}`);
  return describe(certificate);
}

function checkProfile(
  { version, extensions }: Certificate,
  usage: string,
  purpose: "client" | "server",
): void {
  if (version !== 3) throw unfit(`is of version ${version}; only version 3 says what it is for`);
  if (extensions.basicConstraints?.isAuthority === true) throw unfit("is an authority's");
  if (extensions.extKeyUsage?.includes(usage) !== true) {
    throw unfit(`is not for a ${purpose}: its extended key usage does not say so`);
  }
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
