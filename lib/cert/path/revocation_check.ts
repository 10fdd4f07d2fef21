/**
 * Whether revocation lists speak against a path.
 *
 * @see RFC 5280 section 6.3
 * @module
 */

import { verifySignature } from "../key/signature.ts";
import { CertificateError, type Fault } from "../reasons.ts";
import { type Certificate, sameBytes } from "../x509/certificate.ts";
import { formatName } from "../x509/distinguished_name.ts";
import type { RevocationList } from "../x509/revocation_list.ts";

/**
 * Looks every certificate of a path up in the lists of its issuer. It fails closed: a list of the
 * issuer that is out of date or badly signed speaks against all certificates of that issuer. An issuer
 * without a list is not checked, and neither is the trusted authority.
 *
 * @param path The leaf first, the trusted authority last; its signatures have been verified.
 * @param lists The lists.
 * @param timeMs The moment, in milliseconds since the epoch.
 * @returns What is wrong; `undefined` where no list speaks against the path.
 */
export async function revocationFault(
  path: readonly Certificate[],
  lists: readonly RevocationList[],
  timeMs: number,
): Promise<Fault | undefined> {
  for (const [i, certificate] of path.slice(0, -1).entries()) {
    const issuer = path[i + 1]!;
    for (const list of lists.filter((list) => isAbout(list, issuer))) {
      const fault = await revocationListFault(list, issuer, timeMs);
      if (fault !== undefined) return fault;
      if (!list.serials.has(certificate.serial)) continue;
      const subject = formatName(certificate.subject) || "no subject";
      const message = `certificate ${certificate.serial} (${subject}) was revoked by its issuer`;
      return { reason: "revoked", message };
    }
  }
  return undefined;
}

/**
 * Checks whether a list counts: an authority that may sign lists has signed it, and it is of today.
 *
 * @param list The list.
 * @param issuer The authority that it is said to come from.
 * @param timeMs The moment, in milliseconds since the epoch.
 * @returns What is wrong; `undefined` where nothing is.
 */
export async function revocationListFault(
  list: RevocationList,
  issuer: Certificate,
  timeMs: number,
): Promise<Fault | undefined> {
  const about = `the revocation list of ${formatName(issuer.subject)}`;
  const { keyUsage } = issuer.extensions;
  if (keyUsage !== undefined && !keyUsage.has("cRLSign")) {
    const message = `${about} counts for nothing: the key of its issuer may not sign lists`;
    return { reason: "not_an_authority", message };
  }
  try {
    if (!await verifySignature(list, issuer.publicKey)) {
      return { reason: "bad_signature", message: `the signature of ${about} is wrong` };
    }
  } catch (error) {
    if (error instanceof CertificateError) return error;
    throw error;
  }
  if (timeMs < list.thisUpdateMs) {
    return { reason: "not_yet_valid", message: `${about} is of a later time` };
  }
  if (timeMs <= list.nextUpdateMs) return undefined;
  const since = new Date(list.nextUpdateMs).toISOString();
  return { reason: "expired", message: `${about} is out of date since ${since}` };
}

/** The issuer's name, and its key identifier where both have one. */
function isAbout({ issuer, authorityKeyId }: RevocationList, authority: Certificate): boolean {
  if (!sameBytes(issuer.der, authority.subject.der)) return false;
  const { subjectKeyId } = authority.extensions;
  return authorityKeyId === undefined || subjectKeyId === undefined ||
    authorityKeyId === subjectKeyId;
}
