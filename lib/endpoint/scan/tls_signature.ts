/**
 * Signatures of TLS handshakes, verified by the key of a certificate and made by a client's.
 *
 * @see RFC 8446 section 4.2.3
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { publicKeyKind } from "../../cert/key/public_key.ts";
import { decodePrivateKeyPem } from "../../cert/key/private_key.ts";
import { openSigner } from "../../cert/key/signer.ts";
import { signDetached } from "../../cert/key/detached.ts";
import { plainEcdsa } from "../../cert/key/signature.ts";
import { importKey, signMessage } from "../../cert/key/scheme.ts";
import { parseCertificate, parseCertificates } from "../../cert/x509/certificate.ts";
import type { ClientCertificate } from "../../ops/scan/handshake/handshake.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const hashes = new Map<number, string>([
  [2, "SHA-1"],
  [4, "SHA-256"],
  [5, "SHA-384"],
  [6, "SHA-512"],
]);
const coordinateBytes = { "P-256": 32, "P-384": 48, "P-521": 66 } as const;

/** The numbers of the schemes that a client's keys sign with. */
const clientSchemes = {
  "rsa-pkcs1-sha256": 0x0804, // RSA-PSS: TLS 1.3 takes no other for RSA
  "rsa-pss-sha256": 0x0804,
  "ecdsa-p256-sha256": 0x0403,
  "ed25519": 0x0807,
} as const;

/**
 * Verifies a signature by the key of a certificate.
 *
 * @param leaf The certificate in DER.
 * @param scheme The signature scheme of TLS.
 * @param message The octets that were signed.
 * @param signature The signature.
 * @returns Whether it is right; `undefined` where Web Crypto does not know the scheme or the key.
 */
export async function verifyTlsSignature(
  leaf: Bytes,
  scheme: number,
  message: Bytes,
  signature: Bytes,
): Promise<boolean | undefined> {
  try {
    const { publicKey } = parseCertificate(leaf);
    const how = algorithmsOf(publicKey, scheme, signature);
    if (how === undefined) return undefined;
    const { use, key, octets } = how;
    const imported = await importKey("spki", publicKey, key, "verify");
    return octets !== undefined && await verify(use, imported, octets, message);
  } catch (error) {
    if (error instanceof DariError) return undefined;
    throw error;
  }
}

async function verify(
  use: RsaPssParams | EcdsaParams | Algorithm,
  key: CryptoKey,
  signature: Bytes,
  message: Bytes,
): Promise<boolean | undefined> {
  try {
    return await crypto.subtle.verify(use, key, signature, message);
  } catch {
    return undefined; // the runtime refuses some keys in use that it imports
  }
}

function algorithmsOf(publicKey: Bytes, scheme: number, signature: Bytes) {
  const kind = publicKeyKind(publicKey);
  if (scheme === 0x0807) {
    const ed = { name: "Ed25519" };
    return kind.kind === "ed25519" ? { use: ed, key: ed, octets: signature } : undefined;
  }
  if (kind.kind === "rsa" && scheme >= 0x0804 && scheme <= 0x0806) {
    const hash = hashes.get(scheme & 0xff)!;
    const saltLength = Number(hash.slice(4)) / 8;
    return {
      use: { name: "RSA-PSS", saltLength },
      key: { name: "RSA-PSS", hash },
      octets: signature,
    };
  }
  const hash = hashes.get(scheme >> 8);
  if (hash === undefined) return undefined;
  if (kind.kind === "rsa" && (scheme & 0xff) === 1) {
    const pkcs1 = { name: "RSASSA-PKCS1-v1_5", hash };
    return { use: pkcs1, key: pkcs1, octets: signature };
  }
  if (kind.kind !== "ec" || (scheme & 0xff) !== 3) return undefined;
  return {
    use: { name: "ECDSA", hash },
    key: { name: "ECDSA", namedCurve: kind.curve },
    octets: plainEcdsa(signature, coordinateBytes[kind.curve]),
  };
}

/**
 * Makes the certificate that a scan shows where a server asks for one.
 *
 * @param certPem The certificate with its chain, PEM.
 * @param keyPem Its private key, PEM.
 * @throws {CertificateError} `data` where one of them cannot be used.
 */
export async function openClientCertificate(
  certPem: string,
  keyPem: string,
): Promise<ClientCertificate> {
  const chain = parseCertificates(certPem).map(({ der }) => der);
  const privateKey = await decodePrivateKeyPem(keyPem);
  const signer = await openSigner(privateKey);
  return {
    chain,
    scheme: clientSchemes[signer.scheme],
    sign: (message) =>
      signer.scheme === "rsa-pkcs1-sha256"
        ? signMessage("rsa-pss-sha256", privateKey, message)
        : signDetached(privateKey, message),
  };
}
