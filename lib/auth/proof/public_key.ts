/**
 * Public keys for signing in: Ed25519, P-256 and RSA.
 *
 * @module
 */

import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import { decodeBase64Url, encodeBase64Url } from "@std/encoding/base64url";
import { encodeHex } from "@std/encoding/hex";
import { DariError } from "../../base/errors.ts";
import { pointFault, rsaKeyFault } from "../../base/key_check.ts";
import { limits } from "../../base/limits.ts";
import { type Bytes, sha256 } from "./bytes.ts";
import { AuthenticationError } from "./errors.ts";

/** The algorithms. An RSA key proves itself by a signature (PSS) or by decrypting (OAEP). */
export type PublicKeyAlgorithm = "Ed25519" | "P-256" | "RSA-PSS" | "RSA-OAEP";

/** All algorithms. */
export const ALGORITHMS: readonly PublicKeyAlgorithm[] = [
  "Ed25519",
  "P-256",
  "RSA-PSS",
  "RSA-OAEP",
];

/** A registered key. */
export interface PublicKeyRecord {
  /** The first 32 hexadecimal digits of the SPKI's SHA-256. */
  readonly id: string;
  /** Its algorithm. */
  readonly algorithm: PublicKeyAlgorithm;
  /** The key's SPKI, in base64. */
  readonly spki: string;
  /** The name that its owner gave it. */
  readonly name: string;
  /** When it was registered, in milliseconds since the epoch. */
  readonly createdAtMs: number;
}

/** How Web Crypto imports, signs and verifies with each algorithm. */
export const keyAlgorithms = {
  "Ed25519": { import: { name: "Ed25519" }, use: { name: "Ed25519" } },
  "P-256": {
    import: { name: "ECDSA", namedCurve: "P-256" },
    use: { name: "ECDSA", hash: "SHA-256" },
  },
  "RSA-PSS": {
    import: { name: "RSA-PSS", hash: "SHA-256" },
    use: { name: "RSA-PSS", saltLength: 32 },
  },
  "RSA-OAEP": {
    import: { name: "RSA-OAEP", hash: "SHA-256" },
    use: { name: "RSA-OAEP" },
  },
} as const;

/**
 * Parses a public key.
 *
 * @param pem The key as SPKI PEM (`-----BEGIN PUBLIC KEY-----`).
 * @param options The key's name, the time of registration, and whether an RSA key is to prove itself
 * by decrypting instead of signing.
 * @returns The record to store.
 * @throws {DariError} `invalid_params` when the text is no key of a known algorithm, the point of an
 * elliptic key is not on its curve or of low order, an RSA key has under 2,048 or over 4,096 bits, or
 * its modulus or exponent cannot be used.
 */
export async function parsePublicKey(
  pem: string,
  options: { name?: string; createdAtMs: number; decrypts?: boolean },
): Promise<PublicKeyRecord> {
  const { name = "key", createdAtMs, decrypts = false } = options;
  const spki = pemBytes(pem, "PUBLIC KEY");
  const candidates: PublicKeyAlgorithm[] = decrypts
    ? ["RSA-OAEP"]
    : ["Ed25519", "P-256", "RSA-PSS"];
  for (const algorithm of candidates) {
    const key = await importSpki(spki, algorithm).catch(() => null);
    if (key === null) continue;
    const fault = await faultOf(key, algorithm);
    if (fault !== undefined) throw new DariError("invalid_params", fault);
    const id = encodeHex(sha256(spki)).slice(0, 32);
    return { id, algorithm, spki: encodeBase64(spki), name, createdAtMs };
  }
  throw new DariError(
    "invalid_params",
    `The text is not a public key of ${candidates.join(", ")} in SPKI PEM`,
  );
}

/**
 * Imports a registered key into Web Crypto.
 *
 * @param record The key.
 * @returns A key that verifies or, for RSA-OAEP, encrypts.
 */
export function importPublicKey(record: PublicKeyRecord): Promise<CryptoKey> {
  return importSpki(decodeBase64(record.spki), record.algorithm);
}

/**
 * Imports a private key into Web Crypto.
 *
 * @param pem The key as PKCS #8 PEM (`-----BEGIN PRIVATE KEY-----`).
 * @param algorithm The algorithm that the server asks for.
 * @returns A key that signs or, for RSA-OAEP, decrypts.
 * @throws {DariError} `invalid_params` when the text is not PEM of a private key.
 * @throws {AuthenticationError} When it is not a key of that algorithm.
 */
export async function importPrivateKey(
  pem: string,
  algorithm: PublicKeyAlgorithm,
): Promise<CryptoKey> {
  const pkcs8 = pemBytes(pem, "PRIVATE KEY");
  try {
    return await crypto.subtle.importKey(
      "pkcs8",
      pkcs8,
      keyAlgorithms[algorithm].import,
      false,
      [algorithm === "RSA-OAEP" ? "decrypt" : "sign"],
    );
  } catch (cause) {
    throw new AuthenticationError(
      `The server asks for a ${algorithm} key, and this is not one; use the private key whose public ` +
        `key is registered`,
      { cause },
    );
  }
}

/**
 * Verifies a signature.
 *
 * @param record The key.
 * @param signature The signature; for P-256 r and s in 64 bytes (IEEE P1363).
 * @param data The signed data.
 * @returns Whether the signature is the key's.
 */
export async function verifySignature(
  record: PublicKeyRecord,
  signature: Bytes,
  data: Bytes,
): Promise<boolean> {
  if (record.algorithm === "RSA-OAEP") return false;
  try {
    const key = await importPublicKey(record);
    return await crypto.subtle.verify(keyAlgorithms[record.algorithm].use, key, signature, data);
  } catch {
    return false; // a key from before keys were checked: nothing is its signature
  }
}

/** What is wrong with a key that Web Crypto has imported: it does not look at the numbers. */
async function faultOf(
  key: CryptoKey,
  algorithm: PublicKeyAlgorithm,
): Promise<string | undefined> {
  if (algorithm === "Ed25519" || algorithm === "P-256") {
    let point: Bytes;
    try {
      point = new Uint8Array(await crypto.subtle.exportKey("raw", key));
    } catch {
      return "The public key is not a point on its curve"; // the runtime finds it out this late
    }
    const fault = pointFault(algorithm, point);
    return fault === undefined ? undefined : `The public key ${fault}`;
  }
  const { n = "", e = "" } = await crypto.subtle.exportKey("jwk", key);
  const fault = rsaKeyFault(decodeBase64Url(n), decodeBase64Url(e));
  return fault === undefined ? undefined : `The RSA key ${fault}`;
}

function importSpki(spki: Bytes, algorithm: PublicKeyAlgorithm): Promise<CryptoKey> {
  const { import: parameters } = keyAlgorithms[algorithm];
  return crypto.subtle.importKey("spki", spki, parameters, true, [usageOf(algorithm)]);
}

function pemBytes(pem: string, label: string): Bytes {
  const match = new RegExp(
    `^\\s*-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]+)-----END ${label}-----\\s*$`,
  ).exec(pem);
  try {
    if (match?.[1] !== undefined) return decodeBase64(match[1].replace(/\s/g, ""));
  } catch {
    // Falls through: the decoder's message would show a part of a key.
  }
  throw new DariError(
    "invalid_params",
    `The text is not PEM with "BEGIN ${label}"`,
  );
}

/**
 * Makes a public key without a known private key. Unknown accounts are challenged with one, so that
 * the challenge does not reveal whether an account exists. Only accounts with an RSA-OAEP key of more
 * than 2,048 bits can be recognised, by the longer challenge.
 *
 * @param algorithm The algorithm of the key.
 * @returns The key's record.
 */
export async function createDecoyKey(algorithm: PublicKeyAlgorithm): Promise<PublicKeyRecord> {
  const { import: parameters } = keyAlgorithms[algorithm];
  const key = algorithm === "RSA-PSS" || algorithm === "RSA-OAEP"
    ? await crypto.subtle.importKey("jwk", randomRsaModulus(), parameters, true, [
      usageOf(algorithm),
    ])
    : (await crypto.subtle.generateKey(parameters, true, ["sign", "verify"]) as CryptoKeyPair)
      .publicKey;
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", key));
  return { id: "", algorithm, spki: encodeBase64(spki), name: "decoy", createdAtMs: 0 };
}

/** A random odd number serves as a modulus whose factors nobody knows, without a search for primes. */
function randomRsaModulus(): JsonWebKey {
  const modulus = crypto.getRandomValues(new Uint8Array(limits.minRsaBits / 8));
  modulus[0] = 0x80 | (modulus[0] ?? 0);
  modulus[modulus.length - 1] = 1 | (modulus.at(-1) ?? 0);
  return { kty: "RSA", n: encodeBase64Url(modulus), e: "AQAB" };
}

function usageOf(algorithm: PublicKeyAlgorithm): "encrypt" | "verify" {
  return algorithm === "RSA-OAEP" ? "encrypt" : "verify";
}
