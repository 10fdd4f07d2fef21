/**
 * The ways of signing, and signing and verifying messages with them.
 *
 * @module
 */

import { CertificateError } from "../reasons.ts";
import { checkPublicKey } from "./public_key.ts";

/** The ways of signing; the first word says which key they take. */
export type SignatureScheme =
  | "rsa-pss-sha256"
  | "rsa-pkcs1-sha256"
  | "ecdsa-p256-sha256"
  | "ed25519";

/** What Web Crypto calls a kind of key. */
export type KeyParameters = RsaHashedImportParams | EcKeyImportParams | Algorithm;

/** What Web Crypto calls a scheme: to import a key, and to use it. */
interface SchemeParameters {
  readonly key: KeyParameters;
  readonly use: RsaPssParams | EcdsaParams | Algorithm;
}

const schemes: Record<SignatureScheme, SchemeParameters> = {
  // RFC 8017 section 9.1 leaves the salt's length open; the hash's length is common practice.
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

/** What Web Crypto must know to import a key for a scheme. */
export function keyParametersOf(scheme: SignatureScheme): KeyParameters {
  return schemes[scheme].key;
}

/**
 * Signs a message.
 *
 * @param scheme The way of signing, fitting the key.
 * @param privateKey The key as PKCS#8.
 * @param message The octets to sign.
 * @returns The signature; for ECDSA r and s of 32 octets each (IEEE P1363).
 * @throws {CertificateError} `data` when the key does not fit the scheme.
 *
 * @example
 * ```ts
 * import { generateKeyPair, signMessage, verifyMessage } from "@dari/dari/cert";
 * import { assert } from "@std/assert";
 *
 * const { publicKey, privateKey } = await generateKeyPair("rsa-2048");
 * const message = new TextEncoder().encode("hello");
 * const signature = await signMessage("rsa-pss-sha256", privateKey, message);
 * assert(await verifyMessage("rsa-pss-sha256", publicKey, message, signature));
 * ```
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
 * @throws {CertificateError} `data` when the key is weak or does not fit the scheme.
 *
 * @example
 * ```ts
 * import { generateKeyPair, signMessage, verifyMessage } from "@dari/dari/cert";
 * import { assert } from "@std/assert";
 *
 * const { publicKey, privateKey } = await generateKeyPair();
 * const signed = new TextEncoder().encode("pay 10");
 * const signature = await signMessage("ecdsa-p256-sha256", privateKey, signed);
 * const changed = new TextEncoder().encode("pay 99");
 * assert(!await verifyMessage("ecdsa-p256-sha256", publicKey, changed, signature));
 * ```
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

/** The scheme in which a key signs certificates. */
export function schemeFor(publicKey: Uint8Array<ArrayBuffer>): SignatureScheme {
  const key = checkPublicKey(publicKey);
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

/**
 * Imports a key for one use.
 *
 * @throws {CertificateError} `data` when it is not a key for this algorithm.
 */
export async function importKey(
  format: "spki" | "pkcs8",
  bytes: Uint8Array<ArrayBuffer>,
  algorithm: KeyParameters,
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
