/**
 * Making keys, and the public half of a private one.
 *
 * @module
 */

import { CertificateError } from "../reasons.ts";
import { keyParametersOf } from "./scheme.ts";

/** The kinds of key that dari makes. */
export type KeyAlgorithm = "ecdsa-p256" | "rsa-2048" | "rsa-3072" | "ed25519";

/** A key pair as bytes, so that it can be kept and can serve several purposes. */
export interface KeyPair {
  /** The public key as SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7), in DER. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  /** The private key as PKCS#8 (RFC 5958), in DER. */
  readonly privateKey: Uint8Array<ArrayBuffer>;
}

/**
 * Makes a key pair.
 *
 * @param algorithm The kind of key.
 * @returns Both keys in DER.
 * @default {"ecdsa-p256"}
 *
 * @example
 * ```ts
 * import { generateKeyPair, publicKeyOf } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const { publicKey, privateKey } = await generateKeyPair("ed25519");
 * assertEquals(await publicKeyOf(privateKey), publicKey);
 * ```
 */
export async function generateKeyPair(algorithm: KeyAlgorithm = "ecdsa-p256"): Promise<KeyPair> {
  const pair = await crypto.subtle.generateKey(generation(algorithm), true, [
    "sign",
    "verify",
  ]) as CryptoKeyPair;
  const [publicKey, privateKey] = await Promise.all([
    crypto.subtle.exportKey("spki", pair.publicKey),
    crypto.subtle.exportKey("pkcs8", pair.privateKey),
  ]);
  return { publicKey: new Uint8Array(publicKey), privateKey: new Uint8Array(privateKey) };
}

/**
 * The public half of a private key.
 *
 * @param privateKey The key as PKCS#8.
 * @returns The public key as SubjectPublicKeyInfo.
 * @throws {CertificateError} `data` when it is not a private key of a kind that dari reads.
 *
 * @example
 * ```ts
 * import { decodePrivateKeyPem, encodePrivateKeyPem, generateKeyPair, publicKeyOf } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const { publicKey, privateKey } = await generateKeyPair();
 * const pem = await encodePrivateKeyPem(privateKey);
 * assertEquals(await publicKeyOf(await decodePrivateKeyPem(pem)), publicKey);
 * ```
 */
export async function publicKeyOf(
  privateKey: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  for (const scheme of ["ecdsa-p256-sha256", "rsa-pkcs1-sha256", "ed25519"] as const) {
    const key = keyParametersOf(scheme);
    try {
      const imported = await crypto.subtle.importKey("pkcs8", privateKey, key, true, ["sign"]);
      const { kty, crv, x, y, n, e } = await crypto.subtle.exportKey("jwk", imported);
      const half = Object.entries({ kty, crv, x, y, n, e }).filter(([, v]) => v !== undefined);
      const jwk: JsonWebKey = Object.fromEntries(half);
      const other = await crypto.subtle.importKey("jwk", jwk, key, true, ["verify"]);
      return new Uint8Array(await crypto.subtle.exportKey("spki", other));
    } catch {
      continue; // PKCS#8 of another kind of key
    }
  }
  throw new CertificateError(
    "unsupported",
    "The private key is neither RSA, ECDSA P-256 nor Ed25519 in PKCS#8",
  );
}

function generation(algorithm: KeyAlgorithm): RsaHashedKeyGenParams | EcKeyGenParams | Algorithm {
  switch (algorithm) {
    case "ecdsa-p256":
      return { name: "ECDSA", namedCurve: "P-256" };
    case "ed25519":
      return { name: "Ed25519" };
    case "rsa-2048":
    case "rsa-3072":
      return {
        name: "RSASSA-PKCS1-v1_5",
        hash: "SHA-256",
        modulusLength: algorithm === "rsa-2048" ? 2048 : 3072,
        publicExponent: Uint8Array.of(1, 0, 1),
      };
    default:
      return algorithm satisfies never;
  }
}
