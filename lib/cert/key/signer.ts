/**
 * Signing what X.509 signs: certificates, requests and revocation lists.
 *
 * @module
 */

import type { DerNode, DerWriter } from "../der/writer.ts";
import { publicKeyOf } from "./key_pair.ts";
import { importSigningKey, schemeFor, type SignatureScheme, signWithKey } from "./scheme.ts";
import { oid } from "../der/oid.ts";
import { keyIdOf } from "./public_key.ts";

/** A private key, ready to sign. */
export interface Signer {
  /** Its public half as SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  /** Its key identifier. */
  readonly keyId: Uint8Array<ArrayBuffer>;
  /** How it signs. */
  readonly scheme: SignatureScheme;
  /** The imported key. */
  readonly key: CryptoKey;
}

/**
 * Makes a private key ready to sign.
 *
 * @param privateKey The key as PKCS#8.
 * @throws {CertificateError} `data` when it is not a private key that dari signs with.
 */
export async function openSigner(privateKey: Uint8Array<ArrayBuffer>): Promise<Signer> {
  const publicKey = await publicKeyOf(privateKey);
  const scheme = schemeFor(publicKey);
  const [key, keyId] = await Promise.all([
    importSigningKey(scheme, privateKey),
    keyIdOf(publicKey),
  ]);
  return { publicKey, keyId, scheme, key };
}

/** The AlgorithmIdentifier of what the signer signs (RFC 5758 section 3.2, RFC 4055, RFC 8410). */
export function signatureAlgorithmNode(writer: DerWriter, signer: Signer): DerNode {
  switch (signer.scheme) {
    case "ecdsa-p256-sha256":
      return writer.sequence(writer.oid(oid.ecdsaWithSha256));
    case "ed25519":
      return writer.sequence(writer.oid(oid.ed25519));
    case "rsa-pkcs1-sha256":
      return writer.sequence(writer.oid(oid.sha256WithRsa), writer.null());
    case "rsa-pss-sha256":
      throw new TypeError("Certificates are not signed with RSA-PSS here");
    default:
      return signer.scheme satisfies never;
  }
}

/**
 * Signs a structure and puts it into the envelope that certificates, requests and revocation lists
 * share: `SEQUENCE { toBeSigned, algorithm, signature }`.
 *
 * @param writer The encoder.
 * @param toBeSigned The structure; it is encoded once, and what is signed is what is written.
 * @param signer The key that signs.
 * @returns The whole as DER.
 */
export async function sealNode(
  writer: DerWriter,
  toBeSigned: DerNode,
  signer: Signer,
): Promise<Uint8Array<ArrayBuffer>> {
  const plain = await signWithKey(signer.scheme, signer.key, writer.encode(toBeSigned));
  const signature = signer.scheme === "ecdsa-p256-sha256" ? ecdsaSignature(writer, plain) : plain;
  return writer.encode(
    writer.sequence(
      toBeSigned,
      signatureAlgorithmNode(writer, signer),
      writer.bitString(signature),
    ),
  );
}

/** r and s side by side become two INTEGERs (RFC 3279 section 2.2.3). */
export function ecdsaSignature(writer: DerWriter, plain: Uint8Array): Uint8Array {
  const half = plain.length / 2;
  return writer.encode(
    writer.sequence(writer.integer(plain.subarray(0, half)), writer.integer(plain.subarray(half))),
  );
}
