/**
 * SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7): what kind of key it is.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { bitLength, pointFault, rsaKeyFault } from "../../base/key_check.ts";
import {
  decodeOid,
  malformed,
  readBitStringOctets,
  readInteger,
  readOid,
  readWhole,
  tag,
} from "../der/reader.ts";
import { oid } from "../der/oid.ts";
import { CertificateError } from "../reasons.ts";

/** The curves of ECDSA keys that dari reads. */
export type Curve = "P-256" | "P-384" | "P-521";

/** What kind of key it is. */
export type PublicKeyKind =
  | { readonly kind: "rsa"; readonly bits: number }
  | { readonly kind: "ec"; readonly curve: Curve }
  | { readonly kind: "ed25519" };

const curves = new Map<string, Curve>([
  [oid.p256, "P-256"],
  [oid.p384, "P-384"],
  [oid.p521, "P-521"],
]);

/** A public key's kind and its numbers. */
type PublicKeyNumbers =
  | { readonly kind: "rsa"; readonly modulus: Uint8Array; readonly exponent: Uint8Array }
  | { readonly kind: "ec"; readonly curve: Curve; readonly point: Uint8Array }
  | { readonly kind: "ed25519"; readonly point: Uint8Array };

/**
 * Reads what kind a public key is.
 *
 * @param spki The key as SubjectPublicKeyInfo.
 * @throws {CertificateError} `data` when it is malformed or of a kind that dari does not read.
 */
export function publicKeyKind(spki: Uint8Array<ArrayBuffer>): PublicKeyKind {
  return kindOf(readPublicKey(spki));
}

/**
 * Refuses a key that is too weak to be trusted, or that is none: a point beside its curve, or numbers
 * with which nobody can sign.
 *
 * @param spki The key as SubjectPublicKeyInfo.
 * @returns What kind it is.
 * @throws {CertificateError} `data` when it is weak, malformed or of another kind.
 */
export function checkPublicKey(spki: Uint8Array<ArrayBuffer>): PublicKeyKind {
  const key = readPublicKey(spki);
  const fault = key.kind === "rsa"
    ? rsaKeyFault(key.modulus, key.exponent)
    : pointFault(key.kind === "ec" ? key.curve : "Ed25519", key.point);
  if (fault === undefined) return kindOf(key);
  const name = key.kind === "rsa" ? "RSA" : key.kind === "ec" ? `ECDSA ${key.curve}` : "Ed25519";
  throw new CertificateError("weak_key", `The ${name} key ${fault}`);
}

function readPublicKey(spki: Uint8Array<ArrayBuffer>): PublicKeyNumbers {
  const outer = readWhole(spki);
  const algorithm = outer.sequence();
  const id = readOid(algorithm);
  const octets = readBitStringOctets(outer);
  outer.end();
  switch (id) {
    case oid.ecPublicKey: {
      const parameters = algorithm.element();
      algorithm.end();
      // RFC 5480 section 2.1.1: curves have names; their parameters in full are not for certificates.
      if (parameters.tag !== tag.oid) throw unsupported("an elliptic curve without a name");
      const curve = curves.get(decodeOid(parameters.contents));
      if (curve === undefined) throw unsupported("an elliptic curve other than the NIST ones");
      return { kind: "ec", curve, point: octets };
    }
    case oid.rsaEncryption:
      algorithm.element(tag.null);
      algorithm.end();
      return { kind: "rsa", ...readRsaNumbers(octets) };
    case oid.ed25519:
      algorithm.end();
      return { kind: "ed25519", point: octets };
    default:
      throw unsupported(`algorithm ${id}`);
  }
}

function kindOf(key: PublicKeyNumbers): PublicKeyKind {
  switch (key.kind) {
    case "rsa":
      return { kind: "rsa", bits: bitLength(key.modulus) };
    case "ec":
      return { kind: "ec", curve: key.curve };
    case "ed25519":
      return { kind: "ed25519" };
    default:
      return key satisfies never;
  }
}

/** A key's kind for a person: `RSA 2048`, `ECDSA P-256`, `Ed25519`. */
export function formatPublicKeyKind(key: PublicKeyKind): string {
  switch (key.kind) {
    case "rsa":
      return `RSA ${key.bits}`;
    case "ec":
      return `ECDSA ${key.curve}`;
    case "ed25519":
      return "Ed25519";
    default:
      return key satisfies never;
  }
}

/**
 * The key's identifier: the first 20 octets of its SHA-256 (RFC 7093 section 2, method 1).
 *
 * @param spki The key as SubjectPublicKeyInfo.
 */
export async function keyIdOf(spki: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const outer = readWhole(spki);
  outer.element(tag.sequence);
  const digest = await crypto.subtle.digest("SHA-256", readBitStringOctets(outer));
  return new Uint8Array(digest, 0, 20);
}

/** The hexadecimal form of {@linkcode keyIdOf}. */
export async function keyIdText(spki: Uint8Array<ArrayBuffer>): Promise<string> {
  return encodeHex(await keyIdOf(spki));
}

/**
 * The fingerprint of a public key, by which a person trusts an authority: SHA-256 of the whole
 * SubjectPublicKeyInfo in hexadecimal. It stays while the authority's certificate is replaced.
 *
 * @param spki The key as SubjectPublicKeyInfo.
 * @see RFC 7469 section 2.4
 */
export async function keyFingerprint(spki: Uint8Array<ArrayBuffer>): Promise<string> {
  return encodeHex(await crypto.subtle.digest("SHA-256", spki));
}

/**
 * Reads a fingerprint as people write it.
 *
 * @param text 64 hexadecimal digits; colons, spaces and case do not count.
 * @returns As {@linkcode keyFingerprint} writes it; `undefined` where the text is none.
 */
export function parseFingerprint(text: string): string | undefined {
  const digits = text.replace(/[:\s]/g, "").toLowerCase();
  return /^[0-9a-f]{64}$/.test(digits) ? digits : undefined;
}

function readRsaNumbers(octets: Uint8Array<ArrayBuffer>) {
  const fields = readWhole(octets);
  const modulus = readInteger(fields);
  const exponent = readInteger(fields);
  fields.end();
  if (modulus[0]! >= 0x80 || exponent[0]! >= 0x80) throw malformed("a negative RSA number");
  return { modulus, exponent };
}

function unsupported(what: string): CertificateError {
  return new CertificateError(
    "unsupported",
    `The public key is of ${what}; dari reads RSA, ECDSA P-256, P-384 and P-521, and Ed25519`,
  );
}
