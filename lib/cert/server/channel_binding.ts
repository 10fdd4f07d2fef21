/**
 * The value that binds a sign-in to a TLS connection: the hash of the server's certificate, which
 * both ends know. A relay between them has another certificate, and so another value.
 *
 * @see RFC 5929 section 4
 * @module
 */

import { createHash } from "node:crypto"; // Web Crypto has no hash that answers at once
import { type Certificate, parseCertificates } from "../x509/certificate.ts";
import { knownCertificate } from "../path/known_certificates.ts";
import { readOid, readWhole } from "../der/reader.ts";
import { oid } from "../der/oid.ts";
import type { ChannelBinding } from "../../transport/connection.ts";

/** The hash for each signature; of MD5 and SHA-1 the RFC makes SHA-256. */
const hashes = new Map<string, string>([
  [oid.sha256WithRsa, "sha256"],
  [oid.sha384WithRsa, "sha384"],
  [oid.sha512WithRsa, "sha512"],
  [oid.ecdsaWithSha256, "sha256"],
  [oid.ecdsaWithSha384, "sha384"],
  [oid.ecdsaWithSha512, "sha512"],
  ["1.2.840.113549.1.1.4", "sha256"],
  ["1.2.840.113549.1.1.5", "sha256"],
  ["1.2.840.10045.4.1", "sha256"],
]);

/** Of certificates that are remembered in parsed form. */
const bindings = new WeakMap<Certificate, readonly ChannelBinding[]>();

/**
 * What a sign-in to the server with this certificate can be bound to.
 *
 * @param encoded The certificate in DER, as a client receives it; or with its chain in PEM, as the
 * server has it.
 * @returns `tls-server-end-point`; nothing where the certificate's signature names no hash, as
 * Ed25519 does not, and nothing where it cannot be read.
 */
export function bindingsOf(encoded: Uint8Array<ArrayBuffer> | string): readonly ChannelBinding[] {
  let certificate: Certificate | undefined;
  try {
    certificate = typeof encoded === "string"
      ? parseCertificates(encoded)[0]
      : knownCertificate(encoded);
  } catch {
    // A client that does not check its server may receive anything; a listener refuses such text itself.
  }
  if (certificate === undefined) return [];
  const known = bindings.get(certificate);
  if (known !== undefined) return known;
  const made = bindingsTo(certificate);
  bindings.set(certificate, made);
  return made;
}

function bindingsTo({ der, signatureAlgorithm }: Certificate): readonly ChannelBinding[] {
  const hash = hashes.get(readOid(readWhole(signatureAlgorithm)));
  if (hash === undefined) return [];
  const data = new Uint8Array(createHash(hash).update(der).digest());
  return [{ type: "tls-server-end-point", data }];
}
