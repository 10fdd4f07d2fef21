/**
 * SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7): what kind of key it is.
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

/**
 * Reads what kind a public key is.
 *
 * @param spki The key as SubjectPublicKeyInfo.
 * @throws {CertificateError} `data` when it is malformed or of a kind that dari does not read.
 */
export function publicKeyKind(spki: Uint8Array<ArrayBuffer>): PublicKeyKind {
  const outer = readWhole(spki);
  const algorithm = outer.sequence();
  const id = readOid(algorithm);
  const octets = readBitStringOctets(outer);
  outer.end();
  switch (id) {
    case oid.ecPublicKey: {
      const curve = curves.get(readOid(algorithm));
      algorithm.end();
      if (curve === undefined) throw unsupported("an elliptic curve other than the NIST ones");
      return { kind: "ec", curve };
    }
    case oid.rsaEncryption:
      algorithm.element(tag.null);
      algorithm.end();
      return { kind: "rsa", bits: rsaBits(octets) };
    case oid.ed25519:
      algorithm.end();
      return { kind: "ed25519" };
    default:
      throw unsupported(`algorithm ${id}`);
  }
}

/**
 * Refuses a key that is too weak to be trusted.
 *
 * @param spki The key as SubjectPublicKeyInfo.
 * @returns What kind it is.
 * @throws {CertificateError} `data` when it is weak, malformed or of another kind.
 */
export function checkPublicKey(spki: Uint8Array<ArrayBuffer>): PublicKeyKind {
  const key = publicKeyKind(spki);
  if (key.kind === "rsa" && key.bits < limits.minRsaBits) {
    throw new CertificateError(
      "weak_key",
      `The RSA key has ${key.bits} bits; give one of at least ${limits.minRsaBits}`,
    );
  }
  return key;
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

function rsaBits(octets: Uint8Array<ArrayBuffer>): number {
  const outer = new DerReader(octets);
  const fields = outer.sequence();
  outer.end();
  const modulus = readInteger(fields);
  const exponent = readInteger(fields);
  fields.end();
  if (modulus[0]! >= 0x80 || exponent[0]! >= 0x80) throw malformed("a negative RSA number");
  const isOdd = (exponent[exponent.length - 1]! & 1) === 1;
  // FIPS 186-5 section 5.4: the exponent is odd and above 2^16.
  if (!isOdd || bitsOf(exponent) < 17) {
    throw new CertificateError("weak_key", "The RSA key's exponent is even or below 65537");
  }
  return bitsOf(modulus);
}

/** The length of a number that is not negative. */
function bitsOf(octets: Uint8Array): number {
  const magnitude = octets[0] === 0 ? octets.subarray(1) : octets;
  return magnitude.length * 8 - (Math.clz32(magnitude[0] ?? 0) - 24);
}

function unsupported(what: string): CertificateError {
  return new CertificateError(
    "unsupported",
    `The public key is of ${what}; dari reads RSA, ECDSA P-256, P-384 and P-521, and Ed25519`,
  );
}
