/**
 * Signatures that lie beside what they sign, in the form that openssl reads and writes.
 *
 * @module
 */

import { loadDerWriter } from "../der/writer.ts";
import { schemeFor, signWithKey, verifyMessage } from "./scheme.ts";
import { plainEcdsa } from "./signature.ts";
import { ecdsaSignature, openSigner } from "./signer.ts";

const P256_COORDINATE_BYTES = 32;

/**
 * Signs a message with SHA-256, as `openssl dgst -sha256 -sign` does; Ed25519 needs no hash.
 *
 * @param privateKey The key as PKCS#8.
 * @param message The octets to sign.
 * @returns The signature; for ECDSA two INTEGERs in DER.
 * @throws {CertificateError} `data` when dari does not sign with such a key.
 */
export async function signDetached(
  privateKey: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const { scheme, key } = await openSigner(privateKey);
  const plain = await signWithKey(scheme, key, message);
  if (scheme !== "ecdsa-p256-sha256") return plain;
  return new Uint8Array(ecdsaSignature(await loadDerWriter(), plain));
}

/**
 * Verifies what {@linkcode signDetached} or openssl has signed.
 *
 * @param publicKey The signer's key as SubjectPublicKeyInfo.
 * @param message The octets that were signed.
 * @param signature The signature.
 * @returns Whether it is the signer's signature of exactly this message.
 * @throws {CertificateError} `data` when the key is weak or dari does not sign with its kind.
 */
export async function verifyDetached(
  publicKey: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const scheme = schemeFor(publicKey);
  const plain = scheme === "ecdsa-p256-sha256"
    ? plainEcdsa(signature, P256_COORDINATE_BYTES)
    : signature;
  return plain !== undefined && await verifyMessage(scheme, publicKey, message, plain);
}
