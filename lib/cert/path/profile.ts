/**
 * RFC 5280's profile: how a certificate that an authority has issued is made. A trust anchor is not
 * held to it, for an anchor is a name and a key that somebody decided to trust (section 6.1.1 (d)).
 *
 * @see RFC 5280 section 4
 * @module
 */

import { oid } from "../der/oid.ts";
import type { Fault } from "../reasons.ts";
import { type Certificate, sameBytes } from "../x509/certificate.ts";
import { formatGeneralName, type GeneralName, isWellFormed } from "../x509/general_name.ts";
import { formatIp, parseIp } from "../x509/ip.ts";

/** The extensions that must be critical wherever they are in a certificate (sections 4.2.1.10, .11, .14). */
const alwaysCritical = [oid.nameConstraints, oid.policyConstraints, oid.inhibitAnyPolicy];
/** The extensions that must never be critical (sections 4.2.1.1 and 4.2.1.2). */
const neverCritical = [oid.authorityKeyIdentifier, oid.subjectKeyIdentifier];

/**
 * Checks the form of a leaf.
 *
 * @param leaf The leaf.
 * @returns What is wrong; `undefined` where nothing is.
 */
export function leafProfileFault(leaf: Certificate): Fault | undefined {
  const { extensions, subject } = leaf;
  const isSelfSigned = sameBytes(subject.der, leaf.issuer.der);
  const fault = commonFault(leaf, isSelfSigned);
  if (fault !== undefined) return fault;
  if (extensions.nameConstraints !== undefined) {
    return violation("has name constraints", "4.2.1.10");
  }
  if (extensions.keyUsage?.has("keyCertSign")) {
    return violation("has the key usage keyCertSign and is no authority's", "4.2.1.3");
  }
  const names = extensions.subjectAltName ?? [];
  if (subject.parts.length === 0 && !isCritical(leaf, oid.subjectAltName)) {
    return violation("has no subject, and its subjectAltName is not critical", "4.2.1.6");
  }
  const malformed = names.find((name) => !isWellFormed(name));
  if (malformed !== undefined) {
    return {
      reason: "bad_name",
      message: `has the malformed ${malformed.kind} name "${formatGeneralName(malformed)}"`,
    };
  }
  const foreign = foreignCommonName(leaf, names);
  if (foreign === undefined) return undefined;
  const message = `has the common name "${foreign}", which is not in its subjectAltName`;
  return { reason: "bad_name", message };
}

/**
 * Checks the form of an authority's certificate that another authority has issued.
 *
 * @param issuer The authority's certificate.
 * @returns What is wrong; `undefined` where nothing is.
 */
export function intermediateProfileFault(issuer: Certificate): Fault | undefined {
  const fault = commonFault(issuer, false);
  if (fault !== undefined) return fault;
  if (!isCritical(issuer, oid.basicConstraints)) {
    return violation("has basic constraints that are not critical", "4.2.1.9");
  }
  if (issuer.extensions.subjectKeyId === undefined) {
    return violation("is an authority's and has no subject key identifier", "4.2.1.2");
  }
  return undefined;
}

function commonFault(certificate: Certificate, isSelfSigned: boolean): Fault | undefined {
  const { extensions, issuer, serialFault } = certificate;
  if (serialFault !== undefined) {
    return { reason: "bad_serial", message: `has a serial number that ${serialFault}` };
  }
  if (issuer.parts.length === 0) return violation("has an issuer without a name", "4.1.2.4");
  if (extensions.authorityKeyId === undefined && !isSelfSigned) {
    return violation("has no authority key identifier", "4.2.1.1");
  }
  const loose = alwaysCritical.find((id) =>
    extensions.all.includes(id) && !isCritical(certificate, id)
  );
  if (loose !== undefined) return violation(`has the extension ${loose} as not critical`, "4.2");
  const strict = neverCritical.find((id) => isCritical(certificate, id));
  if (strict !== undefined) return violation(`has the extension ${strict} as critical`, "4.2.1");
  return undefined;
}

/**
 * The common name, where it looks like the name of a host and is none of the certificate's: programs
 * that are older than RFC 9525 would take it for one. Only names of its own kind are held against it,
 * so that an account `ann.smith` with an e-mail address may have it, and the domain of a DNS name
 * passes, which certificates for wildcards often have there.
 */
function foreignCommonName(
  { subject }: Certificate,
  names: readonly GeneralName[],
): string | undefined {
  const dns = names.flatMap((name) => name.kind === "dns" ? [`.${name.value.toLowerCase()}`] : []);
  const ips = names.flatMap((name) => name.kind === "ip" ? [formatIp(name.octets)] : []);
  return subject.parts.flat().find(({ type, value }) => {
    if (type !== "CN") return false;
    if (looksLikeAddress(value)) return dns.length + ips.length > 0 && !ips.includes(value);
    // DNS names do not tell case apart (RFC 5280 section 7.2).
    const below = `.${value.toLowerCase()}`;
    return looksLikeDomain(value) && dns.length > 0 && !dns.some((name) => name.endsWith(below));
  })?.value;
}

function looksLikeAddress(text: string): boolean {
  const number = /^(?:0x[0-9a-f]+|\d+)(?:\.(?:0x[0-9a-f]+|\d+)){3}$|^0x[0-9a-f]{1,8}$/i;
  return number.test(text) || parseIp(text) !== undefined;
}

function looksLikeDomain(text: string): boolean {
  return /^(?:\*\.)?(?:[\p{L}\p{N}_-]+\.)+[\p{L}\p{N}_-]+$/u.test(text) && /\p{L}/u.test(text);
}

function isCritical({ extensions }: Certificate, id: string): boolean {
  return extensions.critical.includes(id);
}

function violation(what: string, section: string): Fault {
  return { reason: "profile", message: `${what} (RFC 5280 section ${section})` };
}
