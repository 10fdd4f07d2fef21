/**
 * Encrypting short messages for the holder of an RSA key.
 *
 * @see RFC 8017 section 7.1
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { CertificateError } from "../reasons.ts";
import { checkPublicKey } from "./public_key.ts";
import { importKey } from "./scheme.ts";

const OAEP = { name: "RSA-OAEP", hash: "SHA-256" } as const;

/** Two hashes and two octets (RFC 8017 section 7.1.1). */
const OAEP_OVERHEAD_BYTES = 66;

/**
 * Encrypts a short message with RSA-OAEP and SHA-256 (RFC 8017 section 7.1).
 *
 * @param publicKey An RSA key of at least 2048 bits, as SubjectPublicKeyInfo.
 * @param message At most 190 octets for a key of 2048 bits, 318 for 3072.
 * @returns The ciphertext, as long as the key's modulus.
 * @throws {CertificateError} `data` when the key is weak or of another kind.
 * @throws {DariError} `data` when the message is too long.
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
export async function rsaEncrypt(
  publicKey: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const key = checkPublicKey(publicKey);
  if (key.kind !== "rsa") throw new CertificateError("unsupported", "Only an RSA key can encrypt");
  const most = Math.ceil(key.bits / 8) - OAEP_OVERHEAD_BYTES;
  if (message.length > most) {
    throw new DariError(
      "data",
      `The message has ${message.length} octets; this RSA key encrypts at most ${most}`,
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
 *
 * @example
 * ```ts
 * import { generateKeyPair, rsaDecrypt } from "@dari/dari/cert";
 * import { assertRejects } from "@std/assert";
 *
 * const { privateKey } = await generateKeyPair("rsa-2048");
 * await assertRejects(() => rsaDecrypt(privateKey, new Uint8Array(256)), Error, "cannot be decrypted");
 * ```
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
