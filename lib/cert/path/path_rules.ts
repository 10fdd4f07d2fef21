/**
 * The rules that every certificate of a path must keep, signatures aside.
 *
 * @see RFC 5280 section 6.1
 * @module
 */

import { type Certificate, sameBytes } from "../x509/certificate.ts";
import type { Purpose } from "../x509/certificate_template.ts";
import { formatName } from "../x509/distinguished_name.ts";
import { knownExtensions } from "../x509/extension.ts";
import type { GeneralName } from "../x509/general_name.ts";
import { checkNameConstraints } from "./name_constraints.ts";
import { oid } from "../der/oid.ts";

const known = new Set(knownExtensions());

/**
 * Checks dates, versions, extensions and uses of a whole path.
 *
 * @param path The leaf first, the trusted authority last.
 * @param purpose What the leaf is to be good for.
 * @param timeMs The moment, in milliseconds since the epoch.
 * @returns What is wrong; `undefined` where nothing is.
 */
export function checkPath(
  path: readonly [Certificate, ...Certificate[]],
  purpose: Purpose,
  timeMs: number,
): string | undefined {
  const [leaf, ...issuers] = path;
  for (const certificate of path) {
    const fault = commonFault(certificate, purpose, timeMs);
    if (fault !== undefined) return `${titleOf(certificate)} ${fault}`;
  }
  const fault = endFault(leaf);
  if (fault !== undefined) return `${titleOf(leaf)} ${fault}`;
  let below = 0; // authorities that are below and not issued by themselves
  for (const issuer of issuers) {
    const fault = issuerFault(issuer, below);
    if (fault !== undefined) return `${titleOf(issuer)} ${fault}`;
    if (!isSelfIssued(issuer)) below++;
  }
  return undefined;
}

/**
 * Checks a leaf by itself, with the rules that {@linkcode checkPath} has for it.
 *
 * @param leaf The certificate.
 * @param purpose What it is to be good for.
 * @param timeMs The moment, in milliseconds since the epoch.
 * @returns What is wrong; `undefined` where nothing is.
 */
export function leafFault(
  leaf: Certificate,
  purpose: Purpose,
  timeMs: number,
): string | undefined {
  return commonFault(leaf, purpose, timeMs) ?? endFault(leaf);
}

/**
 * Checks the names of every certificate against the constraints of every authority above it.
 *
 * @param path The leaf first, the trusted authority last.
 * @returns What is wrong; `undefined` where nothing is.
 * @see RFC 5280 section 6.1.3 (b) and (c)
 */
export function nameFault(path: readonly Certificate[]): string | undefined {
  for (const [i, issuer] of path.entries()) {
    const constraints = issuer.extensions.nameConstraints;
    if (i === 0 || constraints === undefined) continue;
    for (const [j, below] of path.slice(0, i).entries()) {
      // What an authority has issued to itself is under the same control.
      if (j > 0 && isSelfIssued(below)) continue;
      const fault = checkNameConstraints(allNames(below), constraints);
      if (fault !== undefined) return `${fault}, which ${formatName(issuer.subject)} lays down`;
    }
  }
  return undefined;
}

function commonFault(
  certificate: Certificate,
  purpose: Purpose,
  timeMs: number,
): string | undefined {
  const { version, notBeforeMs, notAfterMs, serialFault, extensions } = certificate;
  if (version !== 3) return `is of version ${version}; only version 3 says what it is for`;
  if (serialFault !== undefined) return `has a serial number that ${serialFault}`;
  if (timeMs < notBeforeMs) return `is not valid before ${new Date(notBeforeMs).toISOString()}`;
  if (timeMs > notAfterMs) return `expired at ${new Date(notAfterMs).toISOString()}`;
  const unknown = extensions.critical.find((id) => !known.has(id));
  if (unknown !== undefined) return `has the critical extension ${unknown}, which is unknown`;
  const usages = extensions.extKeyUsage;
  const wanted = purpose === "server" ? oid.serverAuth : oid.clientAuth;
  const allowed = usages === undefined || usages.includes(wanted) ||
    usages.includes(oid.anyExtendedKeyUsage);
  return allowed ? undefined : `is not for a ${purpose}: its extended key usage says otherwise`;
}

function endFault(leaf: Certificate): string | undefined {
  const { basicConstraints, keyUsage, subjectAltName } = leaf.extensions;
  if (basicConstraints?.isAuthority === true) {
    return "is the certificate of an authority, which must not serve as a leaf";
  }
  if (keyUsage !== undefined && !keyUsage.has("digitalSignature")) {
    return "does not allow digitalSignature, by which TLS proves possession, in its key usage";
  }
  return subjectAltName === undefined ? "has no subjectAltName" : undefined;
}

function issuerFault(issuer: Certificate, below: number): string | undefined {
  const { basicConstraints, keyUsage } = issuer.extensions;
  if (basicConstraints?.isAuthority !== true) return "is no authority and may not sign others";
  if (keyUsage !== undefined && !keyUsage.has("keyCertSign")) {
    return "may not sign certificates: its key usage says otherwise";
  }
  const { pathLength } = basicConstraints;
  if (pathLength !== undefined && below > pathLength) {
    return `allows ${pathLength} authorities below it; there are ${below}`;
  }
  return undefined;
}

function isSelfIssued(certificate: Certificate): boolean {
  return sameBytes(certificate.subject.der, certificate.issuer.der);
}

/** Everything that a certificate could be taken to stand for. */
function allNames(certificate: Certificate): GeneralName[] {
  const { subject, extensions } = certificate;
  const names: GeneralName[] = [...extensions.subjectAltName ?? []];
  if (subject.parts.length > 0) names.push({ kind: "directory", name: subject });
  for (const { type, value } of subject.parts.flat()) {
    // RFC 5280 section 4.2.1.10: an e-mail address in the subject counts where there is no other.
    const other = names.some(({ kind }) => kind === "email");
    if (type === "emailAddress" && !other) names.push({ kind: "email", value });
  }
  return names;
}

function titleOf(certificate: Certificate): string {
  return `certificate ${certificate.serial} (${formatName(certificate.subject) || "no subject"})`;
}
