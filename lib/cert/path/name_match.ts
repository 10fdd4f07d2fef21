/**
 * Whether a certificate is made out to the name that a client wanted to reach.
 *
 * @see RFC 9525 section 6
 * @module
 */

import type { Certificate } from "../x509/certificate.ts";
import { formatGeneralName, type GeneralName, parseSubjectName } from "../x509/general_name.ts";
import { sameBytes } from "../x509/certificate.ts";
import type { Fault } from "../reasons.ts";

/**
 * Looks for a name among a certificate's subjectAltName. The subject's common name is no name: RFC
 * 9525 section 6.3 has done away with it.
 *
 * @param certificate The certificate.
 * @param wanted A DNS name, an IP address, a URI or an e-mail address.
 * @returns What is wrong; `undefined` where the name is among the certificate's.
 * @throws {DariError} `usage` when what is wanted is not a name.
 *
 * @example
 * ```ts
 * import { checkName, makeSelfSigned } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const { certificate } = await makeSelfSigned("api.internal", { algorithm: "ecdsa-p256" });
 * assertEquals(checkName(certificate, "api.internal"), undefined);
 * assertEquals(checkName(certificate, "db.internal")?.reason, "name_mismatch");
 * ```
 */
export function checkName(certificate: Certificate, wanted: string): Fault | undefined {
  const name = parseSubjectName(wanted.replace(/\.$/, ""));
  const names = certificate.extensions.subjectAltName;
  if (names === undefined) {
    return { reason: "no_name", message: "the certificate has no subjectAltName" };
  }
  if (names.some((presented) => matches(presented, name))) return undefined;
  const list = names.map((presented) => `"${formatGeneralName(presented)}"`).join(", ");
  return { reason: "name_mismatch", message: `"${wanted}" is not among its names ${list}` };
}

function matches(presented: GeneralName, wanted: GeneralName): boolean {
  switch (wanted.kind) {
    case "ip":
      return presented.kind === "ip" && sameBytes(presented.octets, wanted.octets);
    case "dns":
      return presented.kind === "dns" && dnsMatches(presented.value.toLowerCase(), wanted.value);
    case "uri":
      return presented.kind === "uri" && presented.value === wanted.value;
    case "email":
      return presented.kind === "email" && sameMailbox(presented.value, wanted.value);
    default:
      return false;
  }
}

/** RFC 9525 section 6.3: a wildcard is the whole first label, and stands for exactly one. */
function dnsMatches(presented: string, wanted: string): boolean {
  if (!presented.startsWith("*.")) return presented === wanted && !wanted.startsWith("*");
  const rest = presented.slice(1);
  // A wildcard right below a top-level domain would be half the Internet.
  if (rest.includes("*") || rest.indexOf(".", 1) < 0) return false;
  const dot = wanted.indexOf(".");
  return dot > 0 && wanted.slice(dot) === rest && !wanted.startsWith("*");
}

function sameMailbox(a: string, b: string): boolean {
  const split = (text: string) => {
    const at = text.lastIndexOf("@");
    return `${text.slice(0, at)}@${text.slice(at + 1).toLowerCase()}`;
  };
  return split(a) === split(b);
}
