/**
 * Key pairs, and what they are good for outside certificates: encrypting, signing, verifying.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { checkPublicKey, publicKeyKind } from "./public_key.ts";
import { CertificateError } from "../reasons.ts";

/** The kinds of key that dari makes. */
export type KeyAlgorithm = "ecdsa-p256" | "rsa-2048" | "rsa-3072" | "ed25519";

/** The ways of signing; the first word says which key they take. */
export type SignatureScheme =
  | "rsa-pss-sha256"
  | "rsa-pkcs1-sha256"
  | "ecdsa-p256-sha256"
  | "ed25519";

/** A key pair as bytes, so that it can be kept and can serve several purposes. */
export interface KeyPair {
  /** The public key as SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7), in DER. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  /** The private key as PKCS#8 (RFC 5958), in DER. */
  readonly privateKey: Uint8Array<ArrayBuffer>;
}

/** What Web Crypto calls a scheme: to import a key, and to use it. */
interface SchemeParameters {
  readonly key: RsaHashedImportParams | EcKeyImportParams | Algorithm;
  readonly use: RsaPssParams | EcdsaParams | Algorithm;
}

const schemes: Record<SignatureScheme, SchemeParameters> = {
  // RFC 8017 section 9.1 leaves the salt's length open; the hash's own is what everyone uses.
  "rsa-pss-sha256": {
    key: { name: "RSA-PSS", hash: "SHA-256" },
    use: { name: "RSA-PSS", saltLength: 32 },
  },
  "rsa-pkcs1-sha256": {
    key: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
    use: { name: "RSASSA-PKCS1-v1_5" },
  },
  "ecdsa-p256-sha256": {
    key: { name: "ECDSA", namedCurve: "P-256" },
    use: { name: "ECDSA", hash: "SHA-256" },
  },
  "ed25519": { key: { name: "Ed25519" }, use: { name: "Ed25519" } },
};

const OAEP = { name: "RSA-OAEP", hash: "SHA-256" } as const;

/**
 * Makes a key pair.
 *
 * @param algorithm The kind of key.
 * @returns Both keys in DER.
 * @default {"ecdsa-p256"}
 *
 * @example
 * ```ts
 * import { generateKeyPair, rsaDecrypt, rsaEncrypt } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const { publicKey, privateKey } = await generateKeyPair("rsa-2048");
 * const sealed = await rsaEncrypt(publicKey, new TextEncoder().encode("hello"));
 * assertEquals(new TextDecoder().decode(await rsaDecrypt(privateKey, sealed)), "hello");
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
 * Encrypts a short message with RSA-OAEP and SHA-256 (RFC 8017 section 7.1).
 *
 * @param publicKey An RSA key of at least 2048 bits, as SubjectPublicKeyInfo.
 * @param message At most 190 octets for a key of 2048 bits, 318 for 3072.
 * @returns The ciphertext, as long as the key's modulus.
 * @throws {DariError} `data` when the key is weak or of another kind, or the message is too long.
 */
export async function rsaEncrypt(
  publicKey: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const key = checkPublicKey(publicKey);
  const most = key.kind === "rsa" ? Math.ceil(key.bits / 8) - 66 : 0;
  if (message.length > most) {
    throw new DariError(
      "data",
      key.kind === "rsa"
        ? `The message has ${message.length} octets; this RSA key encrypts at most ${most}`
        : "Only an RSA key can encrypt",
    );
  }
  const imported = await importKey("spki", publicKey, OAEP, "encrypt");
  return new Uint8Array(await crypto.subtle.encrypt(OAEP, imported, message));
}

/**
 * Decrypts what {@linkcode rsaEncrypt} made.
 *
 * @param privateKey The RSA key as PKCS#8.
 * @param ciphertext What was received.
 * @returns The message.
 * @throws {DariError} `data` when the ciphertext was not made for this key; it never says more.
 */
export async function rsaDecrypt(
  privateKey: Uint8Array<ArrayBuffer>,
  ciphertext: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const imported = await importKey("pkcs8", privateKey, OAEP, "decrypt");
  try {
    return new Uint8Array(await crypto.subtle.decrypt(OAEP, imported, ciphertext));
  } catch {
    // No cause: why a decryption failed is what Manger's attack (CRYPTO 2001) feeds on.
    throw new DariError("data", "The message cannot be decrypted with this key");
  }
}

/**
 * Signs a message.
 *
 * @param scheme The way of signing, fitting the key.
 * @param privateKey The key as PKCS#8.
 * @param message The octets to sign.
 * @returns The signature; for ECDSA r and s of 32 octets each (IEEE P1363).
 * @throws {DariError} `data` when the key does not fit the scheme.
 */
export async function signMessage(
  scheme: SignatureScheme,
  privateKey: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const { key, use } = schemes[scheme];
  const imported = await importKey("pkcs8", privateKey, key, "sign");
  return new Uint8Array(await crypto.subtle.sign(use, imported, message));
}

/**
 * Verifies a signature that {@linkcode signMessage} or another program made.
 *
 * @param scheme The way of signing, fitting the key.
 * @param publicKey The signer's key as SubjectPublicKeyInfo.
 * @param message The octets that were signed.
 * @param signature The signature.
 * @returns Whether it is the signer's signature of exactly this message.
 * @throws {DariError} `data` when the key is weak or does not fit the scheme.
 */
export async function verifyMessage(
  scheme: SignatureScheme,
  publicKey: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  checkPublicKey(publicKey);
  const { key, use } = schemes[scheme];
  const imported = await importKey("spki", publicKey, key, "verify");
  return await crypto.subtle.verify(use, imported, signature, message);
}

/**
 * The public half of a private key.
 *
 * @param privateKey The key as PKCS#8.
 * @returns The public key as SubjectPublicKeyInfo.
 * @throws {DariError} `data` when it is not a private key of a kind that dari reads.
 */
export async function publicKeyOf(
  privateKey: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  for (const scheme of ["ecdsa-p256-sha256", "rsa-pkcs1-sha256", "ed25519"] as const) {
    const { key } = schemes[scheme];
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

/** The scheme in which a key signs certificates. */
export function schemeFor(publicKey: Uint8Array<ArrayBuffer>): SignatureScheme {
  const key = publicKeyKind(publicKey);
  if (key.kind === "rsa") return "rsa-pkcs1-sha256";
  if (key.kind === "ed25519") return "ed25519";
  if (key.curve === "P-256") return "ecdsa-p256-sha256";
  throw new CertificateError(
    "unsupported",
    `dari does not sign with ECDSA ${key.curve} keys; use P-256`,
  );
}

/** Imports a private key once, for a signer that signs often. */
export function importSigningKey(
  scheme: SignatureScheme,
  privateKey: Uint8Array<ArrayBuffer>,
): Promise<CryptoKey> {
  return importKey("pkcs8", privateKey, schemes[scheme].key, "sign");
}

/** Signs with a key of {@linkcode importSigningKey}. */
export async function signWithKey(
  scheme: SignatureScheme,
  key: CryptoKey,
  message: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.sign(schemes[scheme].use, key, message));
}

async function importKey(
  format: "spki" | "pkcs8",
  bytes: Uint8Array<ArrayBuffer>,
  algorithm: SchemeParameters["key"],
  usage: KeyUsage,
): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey(format, bytes, algorithm, false, [usage]);
  } catch (cause) {
    throw new CertificateError("unsupported", `The key cannot be used with ${algorithm.name}`, {
      cause,
    });
  }
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
