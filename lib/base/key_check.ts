/**
 * Whether the numbers of a public key are one. Web Crypto imports nearly everything that has the right
 * length, and throws or answers wrongly when the key is used.
 *
 * @see FIPS 186-5
 * @module
 */

import { limits } from "./limits.ts";

/** The elliptic curves whose points can be checked. */
export type CurveName = "P-256" | "P-384" | "P-521" | "Ed25519";

/** The curve y² = x³ − 3x + b over the numbers modulo `prime` (SP 800-186 section 3.2.1). */
interface Weierstrass {
  readonly prime: bigint;
  readonly b: bigint;
  readonly octets: number;
}

const weierstrass: Readonly<Record<Exclude<CurveName, "Ed25519">, Weierstrass>> = {
  "P-256": {
    prime: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    octets: 32,
  },
  "P-384": {
    prime: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    octets: 48,
  },
  "P-521": {
    prime: 2n ** 521n - 1n,
    b: 0x51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
    octets: 66,
  },
};

/** Edwards25519: −x² + y² = 1 + d·x²·y² (RFC 8032 section 5.1). */
const edwards = {
  prime: 2n ** 255n - 19n,
  d: 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n,
  /** One of the two y of the points of order 8; the other is its negative. */
  yOfOrder8: 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
} as const;

/**
 * Checks the public key of an elliptic curve.
 *
 * @param curve The curve.
 * @param point The point: for the NIST curves uncompressed as in SEC 1 section 2.3.3, for Ed25519 as
 * in RFC 8032 section 5.1.2.
 * @returns What is wrong, to be put behind "The public key"; `undefined` where nothing is.
 */
export function pointFault(curve: CurveName, point: Uint8Array): string | undefined {
  return curve === "Ed25519" ? edwardsFault(point) : weierstrassFault(weierstrass[curve], point);
}

/**
 * Checks the numbers of an RSA public key.
 *
 * @param modulus The modulus, its most significant octet first.
 * @param exponent The public exponent, its most significant octet first.
 * @returns What is wrong, to be put behind "The RSA key"; `undefined` where nothing is.
 * @see FIPS 186-5 section 5.4 and appendix A.1.1
 */
export function rsaKeyFault(modulus: Uint8Array, exponent: Uint8Array): string | undefined {
  const bits = bitLength(modulus);
  if (bits < limits.minRsaBits || bits > limits.maxRsaBits) {
    return `has ${bits} bits; use one of ${limits.minRsaBits} to ${limits.maxRsaBits}`;
  }
  if (!isOdd(modulus)) return "has an even modulus";
  if (!isOdd(exponent) || bitLength(exponent) < 17) {
    return "has an exponent that is even or below 65537";
  }
  if (bitLength(exponent) <= limits.maxRsaExponentBits) return undefined;
  return `has an exponent of more than ${limits.maxRsaExponentBits} bits`;
}

/**
 * The length of a number that is not negative, in bits.
 *
 * @param octets The number, its most significant octet first.
 */
export function bitLength(octets: Uint8Array): number {
  const first = octets.findIndex((octet) => octet !== 0);
  return first < 0 ? 0 : (octets.length - first) * 8 - (Math.clz32(octets[first]!) - 24);
}

function weierstrassFault({ prime, b, octets }: Weierstrass, point: Uint8Array) {
  if (point.length !== 1 + 2 * octets || point[0] !== 4) {
    return "is not an uncompressed point of its curve's size";
  }
  const x = numberOf(point.subarray(1, 1 + octets));
  const y = numberOf(point.subarray(1 + octets));
  const isOnCurve = x < prime && y < prime && (y * y - (x * x - 3n) * x - b) % prime === 0n;
  return isOnCurve ? undefined : "is not a point on its curve";
}

function edwardsFault(point: Uint8Array): string | undefined {
  const { prime, d, yOfOrder8 } = edwards;
  if (point.length !== 32) return "does not have 32 octets";
  const y = numberOf(point.toReversed()) & (2n ** 255n - 1n);
  if (y >= prime) return "is not a point on its curve";
  // For a point of low order anybody can sign: it takes no private key.
  const lowOrder = [0n, 1n, prime - 1n, yOfOrder8, prime - yOfOrder8];
  if (lowOrder.includes(y)) return "is a point of low order, for which everyone can sign";
  // x² = (y² − 1) / (d·y² + 1); a product of squares and non-squares is a square by Euler's criterion.
  const square = y * y % prime;
  const isOnCurve = power((square - 1n) * (d * square + 1n), (prime - 1n) / 2n, prime) === 1n;
  return isOnCurve ? undefined : "is not a point on its curve";
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let square = base % modulus; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) result = result * square % modulus;
    square = square * square % modulus;
  }
  return result;
}

function numberOf(octets: Uint8Array): bigint {
  return octets.reduce((number, octet) => number << 8n | BigInt(octet), 0n);
}

function isOdd(octets: Uint8Array): boolean {
  return ((octets[octets.length - 1] ?? 0) & 1) === 1;
}
