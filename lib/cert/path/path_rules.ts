/**
 * The rules that every certificate of a path must keep, signatures aside.
 *
 * @see RFC 5280 section 6.1
 * @module
 */

import { limits } from "../../base/limits.ts";
import { type Certificate, sameBytes } from "../x509/certificate.ts";
import { type Purpose, purposeOids } from "../x509/certificate_template.ts";
import { formatName } from "../x509/distinguished_name.ts";
import { knownExtensions } from "../x509/extension.ts";
import type { GeneralName } from "../x509/general_name.ts";
import { checkNameConstraints } from "./name_constraints.ts";
import { intermediateProfileFault, leafProfileFault } from "./profile.ts";
import { rememberFaults } from "./remembered_faults.ts";
import { oid } from "../der/oid.ts";
import type { Fault } from "../reasons.ts";

const known = new Set(knownExtensions());
const formFault = rememberFaults(leafProfileFault);

/**
 * Checks dates, versions, extensions and uses of a whole path. The trusted authority at its end is
 * held to its dates and to what it says about those below it, and not to the profile of certificates
 * that are issued: a root may have the serial number 0 or no key identifiers.
 *
 * @param path The leaf first, the trusted authority last.
 * @param purpose The purpose that the leaf must be made for.
 * @param timeMs The moment, in milliseconds since the epoch.
 * @returns What is wrong; `undefined` where nothing is.
 */
export function checkPath(
  path: readonly [Certificate, ...Certificate[]],
  purpose: Purpose,
  timeMs: number,
): Fault | undefined {
  const [leaf, ...issuers] = path;
  const anchor = path[path.length - 1];
  for (const certificate of path) {
    const fault = versionFault(certificate) ?? timeFault(certificate, timeMs) ??
      extensionFault(certificate) ?? purposeFault(certificate, purpose);
    if (fault !== undefined) return about(certificate, fault);
  }
  const fault = leafFault(leaf, purpose) ?? formFault(leaf);
  if (fault !== undefined) return about(leaf, fault);
  let below = 0; // authorities that are below and not issued by themselves
  for (const issuer of issuers) {
    const fault = issuerFault(issuer, below) ??
      (issuer === anchor ? undefined : intermediateProfileFault(issuer));
    if (fault !== undefined) return about(issuer, fault);
    if (!isSelfIssued(issuer)) below++;
  }
  return undefined;
}

/**
 * Checks what a leaf says of itself, whoever has issued it: more than RFC 5280 asks for, since a TLS
 * library lets a leaf in that does not say what it is for.
 *
 * @param leaf The leaf.
 * @param purpose The purpose that it must be made for.
 * @param timeMs The moment, in milliseconds since the epoch.
 * @returns What is wrong, without a subject: "its certificate" goes before it; `undefined` where
 * nothing is.
 */
export function checkProfile(
  leaf: Certificate,
  purpose: Purpose,
  timeMs: number,
): Fault | undefined {
  const fault = versionFault(leaf) ?? timeFault(leaf, timeMs) ?? extensionFault(leaf) ??
    leafFault(leaf, purpose) ?? formFault(leaf);
  if (fault !== undefined) return fault;
  if (leaf.extensions.extKeyUsage?.includes(purposeOids[purpose]) === true) return undefined;
  return {
    reason: "wrong_purpose",
    message: `is not for a ${purpose}: its extended key usage does not say so`,
  };
}

/**
 * Checks the names of every certificate against the constraints of every authority above it.
 *
 * @param path The leaf first, the trusted authority last.
 * @returns What is wrong; `undefined` where nothing is.
 * @see RFC 5280 section 6.1.3 (b) and (c)
 */
export function checkNames(path: readonly Certificate[]): Fault | undefined {
  let comparisons = 0;
  for (const [i, issuer] of path.entries()) {
    const constraints = issuer.extensions.nameConstraints;
    if (i === 0 || constraints === undefined) continue;
    const { permitted, excluded } = constraints;
    for (const [j, below] of path.slice(0, i).entries()) {
      // What an authority has issued to itself is under the same control; a leaf never is.
      if (j > 0 && isSelfIssued(below)) continue;
      const names = allNames(below);
      comparisons += names.length * (permitted.length + excluded.length);
      if (comparisons > limits.maxNameComparisons) {
        const message = "its names and the constraints above them are too many to be compared";
        return { reason: "too_complex", message };
      }
      const broken = checkNameConstraints(names, constraints);
      if (broken === undefined) continue;
      const message = `${broken}, a constraint of ${formatName(issuer.subject)}`;
      return { reason: "name_constraint", message };
    }
  }
  return undefined;
}

/** Also of a trusted authority: without basic constraints a leaf could pass for one. */
function versionFault({ version }: Certificate): Fault | undefined {
  if (version === 3) return undefined;
  const message = `is of version ${version}; only version 3 says what it is for`;
  return { reason: "old_version", message };
}

function timeFault({ notBeforeMs, notAfterMs }: Certificate, timeMs: number): Fault | undefined {
  if (timeMs < notBeforeMs) {
    const message = `is not valid before ${new Date(notBeforeMs).toISOString()}`;
    return { reason: "not_yet_valid", message };
  }
  if (timeMs <= notAfterMs) return undefined;
  return { reason: "expired", message: `expired at ${new Date(notAfterMs).toISOString()}` };
}

function extensionFault({ extensions }: Certificate): Fault | undefined {
  const unknown = extensions.critical.find((id) => !known.has(id));
  if (unknown === undefined) return undefined;
  const message = `has the critical extension ${unknown}, which is unknown`;
  return { reason: "unknown_extension", message };
}

/** An extended key usage of an authority confines what stands below it, so all of a path count. */
function purposeFault({ extensions }: Certificate, purpose: Purpose): Fault | undefined {
  const usages = extensions.extKeyUsage;
  const isAllowed = usages === undefined || usages.includes(purposeOids[purpose]) ||
    usages.includes(oid.anyExtendedKeyUsage);
  if (isAllowed) return undefined;
  const message = `is not for a ${purpose}: its extended key usage says otherwise`;
  return { reason: "wrong_purpose", message };
}

function leafFault({ extensions }: Certificate, purpose: Purpose): Fault | undefined {
  const { basicConstraints, keyUsage, subjectAltName } = extensions;
  if (basicConstraints?.isAuthority === true) {
    return { reason: "is_authority", message: "is an authority's, which must not serve as a leaf" };
  }
  if (keyUsage !== undefined && !keyUsage.has("digitalSignature")) {
    const message = "has a key usage without digitalSignature, by which TLS proves possession";
    return { reason: "wrong_purpose", message };
  }
  // What signs documents is not reached by a name.
  if (subjectAltName !== undefined || purpose === "documents") return undefined;
  return { reason: "no_name", message: "has no subjectAltName" };
}

function issuerFault(issuer: Certificate, below: number): Fault | undefined {
  const { basicConstraints, keyUsage } = issuer.extensions;
  if (basicConstraints?.isAuthority !== true) {
    return { reason: "not_an_authority", message: "is no authority and may not sign others" };
  }
  if (keyUsage !== undefined && !keyUsage.has("keyCertSign")) {
    const message = "may not sign certificates: its key usage says otherwise";
    return { reason: "not_an_authority", message };
  }
  const { pathLength } = basicConstraints;
  if (pathLength === undefined || below <= pathLength) return undefined;
  const message = `allows ${pathLength} authorities below it; there are ${below}`;
  return { reason: "path_length", message };
}

function about(certificate: Certificate, { reason, message }: Fault): Fault {
  const subject = formatName(certificate.subject) || "no subject";
  return { reason, message: `certificate ${certificate.serial} (${subject}) ${message}` };
}

/** Whether subject and issuer are one name: the same authority, mostly with a newer key. */
export function isSelfIssued(certificate: Certificate): boolean {
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
