/**
 * An X.509 certificate, read (RFC 5280 section 4.1).
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { limits } from "../../base/limits.ts";
import {
  DerReader,
  malformed,
  readBitStringOctets,
  readInteger,
  readSmallInteger,
  readTime,
  readWhole,
  tag,
} from "../der/reader.ts";
import { type DistinguishedName, plainCommonNameOf, readName } from "./distinguished_name.ts";
import { type Extensions, readExtensions } from "./extension.ts";
import { formatGeneralName } from "./general_name.ts";
import { decodePem } from "../der/pem.ts";
import { CertificateError } from "../reasons.ts";

/** A certificate's fields. Nothing here has been verified. */
export interface Certificate {
  /** The whole certificate. */
  readonly der: Uint8Array<ArrayBuffer>;
  /** The part that the signature covers, as it came. */
  readonly tbs: Uint8Array<ArrayBuffer>;
  /** 1, 2 or 3. */
  readonly version: number;
  /** The serial number in lower-case hexadecimal without leading zeros. */
  readonly serial: string;
  /** Why the serial number breaks RFC 5280 section 4.1.2.2, where it does. */
  readonly serialFault?: string;
  /** The issuer's name. */
  readonly issuer: DistinguishedName;
  /** The subject's name. */
  readonly subject: DistinguishedName;
  /** The first moment at which it is valid, in milliseconds since the epoch. */
  readonly notBeforeMs: number;
  /** The last moment at which it is valid, in milliseconds since the epoch. */
  readonly notAfterMs: number;
  /** The subject's key, as SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  /** Extensions; none in versions 1 and 2. */
  readonly extensions: Extensions;
  /** How it is signed, as AlgorithmIdentifier. */
  readonly signatureAlgorithm: Uint8Array<ArrayBuffer>;
  /** The signature's octets. */
  readonly signature: Uint8Array<ArrayBuffer>;
}

/**
 * Reads a certificate.
 *
 * @param der Its DER.
 * @returns Its fields, which nobody has verified yet.
 * @throws {CertificateError} `data` when it is not a certificate in strict DER, or is too large.
 * @see RFC 5280 section 4.1
 *
 * @example
 * ```ts
 * import { makeSelfSigned, parseCertificate } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const { certificate } = await makeSelfSigned("api.internal", { algorithm: "ecdsa-p256" });
 * assertEquals(parseCertificate(certificate.der).serial, certificate.serial);
 * ```
 */
export function parseCertificate(der: Uint8Array<ArrayBuffer>): Certificate {
  if (der.length > limits.maxCertificateBytes) {
    throw new CertificateError(
      "too_large",
      `The certificate has ${der.length} octets; at most ${limits.maxCertificateBytes} are read`,
    );
  }
  const outer = readWhole(der);
  const tbs = outer.element(tag.sequence);
  const signatureAlgorithm = outer.element(tag.sequence).bytes;
  const signature = readBitStringOctets(outer);
  outer.end();
  const fields = new DerReader(tbs.contents);
  const version = readVersion(fields);
  const serial = readInteger(fields);
  // RFC 5280 section 4.1.1.2: both copies must be the same, for only one of them is signed.
  if (!sameBytes(fields.element(tag.sequence).bytes, signatureAlgorithm)) {
    throw malformed("two different signature algorithms");
  }
  const issuer = readName(fields);
  const validity = fields.sequence();
  const notBeforeMs = readTime(validity);
  const notAfterMs = readTime(validity);
  validity.end();
  const subject = readName(fields);
  const publicKey = fields.element(tag.sequence).bytes;
  const extensions = readTail(fields, version);
  const fault = serialFault(serial);
  return {
    der,
    tbs: tbs.bytes,
    version,
    serial: serialText(serial),
    ...(fault === undefined ? {} : { serialFault: fault }),
    issuer,
    subject,
    notBeforeMs,
    // A certificate is valid until the end of its last second.
    notAfterMs: notAfterMs + 999,
    publicKey,
    extensions,
    signatureAlgorithm,
    signature,
  };
}

/**
 * Reads every certificate of a PEM text.
 *
 * @param text The text; blocks of other kinds are skipped.
 * @returns At least one certificate, in order.
 * @throws {CertificateError} `data` when there is none or one cannot be read.
 *
 * @example
 * ```ts
 * import { encodePem, makeSelfSigned, parseCertificates } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const { certificate } = await makeSelfSigned("api.internal", { algorithm: "ecdsa-p256" });
 * const [leaf, ...chain] = parseCertificates(encodePem("CERTIFICATE", certificate.der));
 * assertEquals([leaf.serial, chain.length], [certificate.serial, 0]);
 * ```
 */
export function parseCertificates(text: string): [Certificate, ...Certificate[]] {
  const [first, ...rest] = decodePem(text)
    .filter((block) => block.label === "CERTIFICATE")
    .map((block) => parseCertificate(block.bytes));
  if (first === undefined) {
    throw new CertificateError("absent", "The PEM text holds no certificate");
  }
  return [first, ...rest];
}

/**
 * The name by which a caller with this certificate is known: its first URI, else its first DNS name,
 * else its subject's common name.
 *
 * @param certificate A verified certificate.
 * @returns The name; empty where it has none, and where its common name could be taken for another:
 * one with spaces at its ends or with characters that cannot be seen, or one of several.
 *
 * @example
 * ```ts
 * import { identityOf, makeSelfSigned } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const { certificate } = await makeSelfSigned("api.internal", { algorithm: "ecdsa-p256" });
 * assertEquals(identityOf(certificate), "api.internal");
 * ```
 */
export function identityOf(certificate: Certificate): string {
  const names = certificate.extensions.subjectAltName ?? [];
  const name = names.find((name) => name.kind === "uri") ??
    names.find((name) => name.kind === "dns");
  if (name !== undefined) return formatGeneralName(name);
  return plainCommonNameOf(certificate.subject) ?? "";
}

/**
 * A certificate's fingerprint, by which people and programs point at exactly this one.
 *
 * @param certificate A certificate.
 * @returns SHA-256 of its DER, in lower-case hexadecimal.
 *
 * @example
 * ```ts
 * import { fingerprintOf, makeSelfSigned } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const { certificate } = await makeSelfSigned("api.internal", { algorithm: "ecdsa-p256" });
 * assertEquals((await fingerprintOf(certificate)).length, 64);
 * ```
 */
export async function fingerprintOf(certificate: Certificate): Promise<string> {
  return encodeHex(await crypto.subtle.digest("SHA-256", certificate.der));
}

/** The form in which serial numbers are shown, kept and compared. */
export function serialText(octets: Uint8Array): string {
  return encodeHex(octets).replace(/^0+(?=.)/, "");
}

/** Whether two byte sequences are equal; not for secrets. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, i) => octet === b[i]);
}

function readVersion(fields: DerReader): number {
  const explicit = fields.optional(tag.contextConstructed(0));
  if (explicit === undefined) return 1;
  const inner = new DerReader(explicit.contents);
  const version = readSmallInteger(inner) + 1;
  inner.end();
  if (version !== 2 && version !== 3) throw malformed(`certificate version ${version}`);
  return version;
}

function readTail(fields: DerReader, version: number): Extensions {
  if (version >= 2) {
    fields.optional(tag.context(1));
    fields.optional(tag.context(2));
  }
  const explicit = version === 3 ? fields.optional(tag.contextConstructed(3)) : undefined;
  fields.end();
  if (explicit === undefined) return { all: [], critical: [] };
  const list = readWhole(explicit.contents);
  if (list.done) throw malformed("an empty list of extensions");
  return readExtensions(list);
}

function serialFault(octets: Uint8Array): string | undefined {
  if (octets[0]! >= 0x80) return "is negative";
  if (octets.length > 20) return "is longer than 20 octets";
  return octets.every((octet) => octet === 0) ? "is zero" : undefined;
}
