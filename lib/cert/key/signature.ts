/**
 * Verifying what others have signed, over the octets as they came.
 *
 * @module
 */

import { DerReader, malformed, readInteger, readOid, readWhole, tag } from "../der/reader.ts";
import { oid } from "../der/oid.ts";
import { checkPublicKey, type Curve } from "./public_key.ts";
import { CertificateError } from "../reasons.ts";

type Hash = "SHA-256" | "SHA-384" | "SHA-512";

const ecdsaHashes = new Map<string, Hash>([
  [oid.ecdsaWithSha256, "SHA-256"],
  [oid.ecdsaWithSha384, "SHA-384"],
  [oid.ecdsaWithSha512, "SHA-512"],
]);
const rsaHashes = new Map<string, Hash>([
  [oid.sha256WithRsa, "SHA-256"],
  [oid.sha384WithRsa, "SHA-384"],
  [oid.sha512WithRsa, "SHA-512"],
]);
const coordinateBytes: Record<Curve, number> = { "P-256": 32, "P-384": 48, "P-521": 66 };

/** What was signed, how, and the signature: the three parts of every X.509 envelope. */
export interface Signed {
  /** The octets that the signature covers. */
  readonly tbs: Uint8Array<ArrayBuffer>;
  /** How it is signed, as AlgorithmIdentifier. */
  readonly signatureAlgorithm: Uint8Array<ArrayBuffer>;
  /** The signature's octets. */
  readonly signature: Uint8Array<ArrayBuffer>;
}

/**
 * Verifies the signature of a certificate, a request or a revocation list.
 *
 * @param signed What was signed.
 * @param publicKey The signer's key as SubjectPublicKeyInfo.
 * @returns Whether this key signed exactly these octets.
 * @throws {CertificateError} `data` when the key is weak, or the algorithm is weak or unknown.
 */
export async function verifySignature(
  signed: Signed,
  publicKey: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const algorithm = readWhole(signed.signatureAlgorithm);
  const id = readOid(algorithm);
  const key = checkPublicKey(publicKey);
  const ecdsaHash = ecdsaHashes.get(id);
  if (ecdsaHash !== undefined) {
    algorithm.end(); // RFC 5758 section 3.2: no parameters
    if (key.kind !== "ec") return false;
    const signature = plainEcdsa(signed.signature, coordinateBytes[key.curve]);
    if (signature === undefined) return false;
    const keyParameters = { name: "ECDSA", namedCurve: key.curve };
    return await verifyWith({ name: "ECDSA", hash: ecdsaHash }, keyParameters, {
      ...signed,
      signature,
    }, publicKey);
  }
  const rsaHash = rsaHashes.get(id);
  if (rsaHash !== undefined) {
    algorithm.optional(tag.null); // RFC 4055 section 5: NULL, and its absence must be taken as well
    algorithm.end();
    const parameters = { name: "RSASSA-PKCS1-v1_5", hash: rsaHash };
    return key.kind === "rsa" && await verifyWith(parameters, parameters, signed, publicKey);
  }
  if (id === oid.rsassaPss) {
    const hash = readPssHash(algorithm);
    const parameters = { name: "RSA-PSS", hash, saltLength: Number(hash.slice(4)) / 8 };
    return key.kind === "rsa" && await verifyWith(parameters, parameters, signed, publicKey);
  }
  if (id === oid.ed25519) {
    algorithm.end();
    const parameters = { name: "Ed25519" };
    return key.kind === "ed25519" && await verifyWith(parameters, parameters, signed, publicKey);
  }
  throw new CertificateError(
    "weak_algorithm",
    `The signature algorithm ${id} is weak or unknown; dari takes ECDSA, RSA and RSA-PSS with ` +
      "SHA-256 or better, and Ed25519",
  );
}

async function verifyWith(
  use: RsaPssParams | EcdsaParams | Algorithm,
  keyParameters: RsaHashedImportParams | EcKeyImportParams | Algorithm,
  { tbs, signature }: Signed,
  publicKey: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey("spki", publicKey, keyParameters, false, ["verify"]);
    return await crypto.subtle.verify(use, key, signature, tbs);
  } catch (cause) {
    // The runtime refuses some keys in use that it imports; the search for a path must go on.
    throw new CertificateError("weak_key", "The public key cannot be used", { cause });
  }
}

/**
 * The two INTEGERs of an ECDSA signature side by side, as Web Crypto takes them.
 *
 * @returns `undefined` where they are not two positive numbers of the curve's size in DER.
 */
export function plainEcdsa(
  signature: Uint8Array<ArrayBuffer>,
  size: number,
): Uint8Array<ArrayBuffer> | undefined {
  const plain = new Uint8Array(size * 2);
  try {
    const outer = new DerReader(signature);
    const pair = outer.sequence();
    outer.end();
    for (const end of [size, size * 2]) {
      const octets = readInteger(pair);
      if (octets[0]! >= 0x80) return undefined;
      const magnitude = octets[0] === 0 ? octets.subarray(1) : octets;
      if (magnitude.length > size) return undefined;
      plain.set(magnitude, end - magnitude.length);
    }
    pair.end();
    return plain;
  } catch {
    return undefined; // not DER: not a signature
  }
}

/** RFC 4055 section 3.1, where all three hashes agree and the salt is as long as the hash. */
function readPssHash(algorithm: DerReader): Hash {
  const fields = algorithm.sequence();
  algorithm.end();
  const hash = readHash(fields.sequence(tag.contextConstructed(0)).sequence());
  const mask = fields.sequence(tag.contextConstructed(1)).sequence();
  const maskId = readOid(mask);
  const maskHash = readHash(mask.sequence());
  const salt = readInteger(fields.sequence(tag.contextConstructed(2)));
  fields.end();
  const fits = maskId === oid.mgf1 && maskHash === hash && salt.length === 1 &&
    salt[0] === Number(hash.slice(4)) / 8;
  if (!fits) throw malformed("RSA-PSS parameters that are not in common use");
  return hash;
}

function readHash(algorithm: DerReader): Hash {
  const id = readOid(algorithm);
  algorithm.optional(tag.null);
  algorithm.end();
  if (id === oid.sha256) return "SHA-256";
  if (id === oid.sha384) return "SHA-384";
  if (id === oid.sha512) return "SHA-512";
  throw new CertificateError("weak_algorithm", `The hash ${id} is weak or unknown`);
}
