/**
 * What a server's certificate says to those who are to trust it.
 *
 * @module
 */

import { readPublicFile } from "../../base/file/files.ts";
import { limits } from "../../base/limits.ts";
import { formatGeneralName } from "../../cert/mod.ts";
import { keyFingerprint } from "../../cert/key/public_key.ts";
import { type Certificate, parseCertificates, sameBytes } from "../../cert/x509/certificate.ts";

/** A server's certificate, as far as clients have to know it. */
export interface ServerCertificate {
  /** The names that it holds for. */
  readonly names: readonly string[];
  /** SHA-256 of its authority's public key; absent where the authority is not at hand. */
  readonly fingerprint?: string | undefined;
}

/**
 * Reads a server's certificate.
 *
 * @param certFile The certificate and what the server sends with it.
 * @param caFile Authorities that it sends as well.
 * @throws {DariError} `io` or `data` where a file cannot be read.
 */
export async function readServerCertificate(
  certFile: string,
  caFile?: string,
): Promise<ServerCertificate> {
  const [leaf, ...sent] = parseCertificates(await readPublicFile(certFile));
  const authorities = caFile === undefined ? [] : parseCertificates(await readPublicFile(caFile));
  const root = rootOf(leaf, [...sent, ...authorities]);
  return {
    names: (leaf.extensions.subjectAltName ?? []).map(formatGeneralName),
    fingerprint: root && await keyFingerprint(root.publicKey),
  };
}

/** The authority at the end of the path; `undefined` where it is not among the others. */
function rootOf(leaf: Certificate, others: readonly Certificate[]): Certificate | undefined {
  let last = leaf;
  for (let length = 1; length < limits.maxChainLength; length++) {
    const issuer = others.find(({ subject }) => sameBytes(subject.der, last.issuer.der));
    if (issuer === undefined) return undefined;
    if (sameBytes(issuer.subject.der, issuer.issuer.der)) return issuer;
    last = issuer;
  }
  return undefined;
}
