/**
 * Certificates as text for people.
 *
 * @module
 */

import { type Certificate, fingerprintOf } from "../x509/certificate.ts";
import { formatName } from "../x509/distinguished_name.ts";
import { formatGeneralName } from "../x509/general_name.ts";
import { formatBase } from "../path/name_constraints.ts";
import { oid } from "../der/oid.ts";
import { formatPublicKeyKind, keyFingerprint, publicKeyKind } from "../key/public_key.ts";
import { DariError } from "../../base/errors.ts";
import { formatRows } from "./rows.ts";

const titles = new Map<string, string>(
  Object.entries(oid).map(([name, id]) => [id, name]),
);

/** The name of an object identifier, or the identifier where it has none here. */
export function titleOf(id: string): string {
  return titles.get(id) ?? id;
}

/** The fields of a certificate, as plain values that JSON can hold. */
export interface CertificateDescription {
  /** The subject's name. */
  readonly subject: string;
  /** The issuer's name. */
  readonly issuer: string;
  /** The serial number in hexadecimal. */
  readonly serial: string;
  /** 1, 2 or 3. */
  readonly version: number;
  /** The first moment at which it is valid, as ISO 8601. */
  readonly notBefore: string;
  /** The last moment at which it is valid, as ISO 8601. */
  readonly notAfter: string;
  /** The kind of key. */
  readonly key: string;
  /** The subject's names. */
  readonly names: readonly string[];
  /** Whether it is an authority's. */
  readonly isAuthority: boolean;
  /** How many authorities may stand below it. */
  readonly pathLength?: number;
  /** What the key may be used for. */
  readonly keyUsage: readonly string[];
  /** What the certificate may be used for. */
  readonly extKeyUsage: readonly string[];
  /** The names that an authority may issue for. */
  readonly permitted: readonly string[];
  /** The names that it may not issue for. */
  readonly excluded: readonly string[];
  /** SHA-256 of the certificate, in hexadecimal. */
  readonly fingerprint: string;
  /** SHA-256 of its public key, in hexadecimal: an authority's is what `dari trust` asks for. */
  readonly keyFingerprint: string;
}

/**
 * Describes a certificate. Nothing of it is verified.
 *
 * @param certificate The certificate.
 *
 * @example
 * ```ts
 * import { describeCertificate, makeSelfSigned } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const { certificate } = await makeSelfSigned("api.internal", { algorithm: "ecdsa-p256" });
 * const { key, names } = await describeCertificate(certificate);
 * assertEquals([key, names], ["ECDSA P-256", ["api.internal"]]);
 * ```
 */
export async function describeCertificate(
  certificate: Certificate,
): Promise<CertificateDescription> {
  const { extensions } = certificate;
  const { pathLength } = extensions.basicConstraints ?? {};
  return {
    subject: formatName(certificate.subject),
    issuer: formatName(certificate.issuer),
    serial: certificate.serial,
    version: certificate.version,
    notBefore: new Date(certificate.notBeforeMs).toISOString(),
    notAfter: new Date(certificate.notAfterMs).toISOString(),
    key: describeKey(certificate.publicKey),
    names: (extensions.subjectAltName ?? []).map(formatGeneralName),
    isAuthority: extensions.basicConstraints?.isAuthority ?? false,
    ...(pathLength === undefined ? {} : { pathLength }),
    keyUsage: [...extensions.keyUsage ?? []],
    extKeyUsage: (extensions.extKeyUsage ?? []).map(titleOf),
    permitted: (extensions.nameConstraints?.permitted ?? []).map(formatBase),
    excluded: (extensions.nameConstraints?.excluded ?? []).map(formatBase),
    fingerprint: await fingerprintOf(certificate),
    keyFingerprint: await keyFingerprint(certificate.publicKey),
  };
}

/**
 * Sets a description in lines.
 *
 * @param description What {@linkcode describeCertificate} gave.
 * @returns Lines without an LF at the end. Control characters of the certificate are escaped.
 *
 * @example
 * ```ts
 * import { describeCertificate, formatDescription, makeSelfSigned } from "@dari/dari/cert";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const { certificate } = await makeSelfSigned("api.internal", { algorithm: "ecdsa-p256" });
 * const text = formatDescription(await describeCertificate(certificate));
 * assertStringIncludes(text, "key        ECDSA P-256");
 * ```
 */
export function formatDescription(description: CertificateDescription): string {
  const { isAuthority, pathLength } = description;
  const rows: [string, string][] = [
    ["subject", description.subject],
    ["issuer", description.issuer],
    ["serial", description.serial],
    ["valid", `${description.notBefore} to ${description.notAfter}`],
    ["key", description.key],
    ["names", description.names.join(", ")],
    ["authority", isAuthority ? `yes, with ${pathLength ?? "any number of"} below it` : "no"],
    ["key usage", description.keyUsage.join(", ")],
    ["good for", description.extKeyUsage.join(", ")],
    ["permitted", description.permitted.join(", ")],
    ["excluded", description.excluded.join(", ")],
    ["sha-256", description.fingerprint],
    ["key sha256", description.keyFingerprint],
  ];
  return formatRows(rows);
}

/** The kind of a key for a person, also of one that is not usable. */
export function describeKey(publicKey: Uint8Array<ArrayBuffer>): string {
  try {
    return formatPublicKeyKind(publicKeyKind(publicKey));
  } catch (error) {
    if (error instanceof DariError) return "of a kind that dari does not read";
    throw error;
  }
}
