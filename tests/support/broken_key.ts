import { loadDerWriter } from "../../lib/cert/der/writer.ts";
import { oid } from "../../lib/cert/der/oid.ts";

/** A public key that Web Crypto imports, or that no key pair can have. */
export interface BrokenKey {
  /** What is wrong with it, in words. */
  readonly name: string;
  /** The key as SubjectPublicKeyInfo. */
  readonly spki: Uint8Array<ArrayBuffer>;
}

const writer = await loadDerWriter();

function spki(algorithm: string, octets: Uint8Array, curve?: string): Uint8Array<ArrayBuffer> {
  const parameters = curve === undefined ? undefined : writer.oid(curve);
  const identifier = algorithm === oid.rsaEncryption
    ? writer.sequence(writer.oid(algorithm), writer.null())
    : writer.sequence(writer.oid(algorithm), parameters);
  return writer.encode(writer.sequence(identifier, writer.bitString(octets)));
}

/** A key of an elliptic curve, whose point need not be on it. */
export function pointKey(curve: string, octets: Uint8Array): Uint8Array<ArrayBuffer> {
  return curve === oid.ed25519 ? spki(curve, octets) : spki(oid.ecPublicKey, octets, curve);
}

/** An RSA key, whose numbers need not be a modulus and an exponent. */
export function rsaKey(modulus: Uint8Array, exponent: Uint8Array): Uint8Array<ArrayBuffer> {
  const numbers = writer.sequence(writer.integer(modulus), writer.integer(exponent));
  return spki(oid.rsaEncryption, writer.encode(numbers));
}

/** An uncompressed point whose coordinates are all ones: on no curve. */
export function pointOffCurve(coordinateBytes: number): Uint8Array {
  return Uint8Array.of(4, ...new Uint8Array(2 * coordinateBytes).fill(1));
}

/** A number of so many bits that is odd, or even. */
export function numberOfBits(bits: number, last: 0 | 1): Uint8Array {
  const octets = new Uint8Array(Math.ceil(bits / 8)).fill(0x5a);
  octets[0] = 1 << ((bits - 1) % 8);
  octets[octets.length - 1] = 0x5a | last;
  return octets;
}

const f4 = Uint8Array.of(1, 0, 1);

/** One key of each kind that is imported and not usable. */
export const brokenKeys: readonly BrokenKey[] = [
  { name: "a P-256 point off its curve", spki: pointKey(oid.p256, pointOffCurve(32)) },
  { name: "a P-384 point off its curve", spki: pointKey(oid.p384, pointOffCurve(48)) },
  { name: "a P-521 point off its curve", spki: pointKey(oid.p521, pointOffCurve(66)) },
  {
    name: "an Ed25519 point of low order",
    spki: pointKey(oid.ed25519, Uint8Array.of(1, ...new Uint8Array(31))),
  },
  { name: "an even RSA modulus", spki: rsaKey(numberOfBits(2_048, 0), f4) },
  { name: "an RSA modulus of 4,097 bits", spki: rsaKey(numberOfBits(4_097, 1), f4) },
  {
    name: "an RSA exponent of 34 bits",
    spki: rsaKey(numberOfBits(2_048, 1), numberOfBits(34, 1)),
  },
];
