/**
 * PBES2: encryption with a passphrase, for keys at rest and PKCS#12.
 *
 * @see RFC 8018 section 6.2
 * @module
 */

import { limits } from "../../base/limits.ts";
import { type DerReader, readOid, readSmallInteger, readWhole, tag } from "../der/reader.ts";
import type { DerNode, DerWriter } from "../der/writer.ts";
import { oid } from "../der/oid.ts";
import { CertificateError } from "../reasons.ts";

/**
 * Encrypts octets with PBKDF2-HMAC-SHA256 and AES-256-CBC.
 *
 * @returns The AlgorithmIdentifier with salt and vector, and the ciphertext.
 * @see RFC 8018 section 6.2
 */
export async function encryptPbes2(
  writer: DerWriter,
  plain: Uint8Array<ArrayBuffer>,
  passphrase: string,
): Promise<{ algorithm: DerNode; ciphertext: Uint8Array<ArrayBuffer> }> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const iv = crypto.getRandomValues(new Uint8Array(16));
  const iterations = limits.keyDerivationIterations;
  const key = await deriveKey(passphrase, salt, iterations, "encrypt");
  const ciphertext = await crypto.subtle.encrypt({ name: "AES-CBC", iv }, key, plain);
  const derivation = writer.sequence(
    writer.oid(oid.pbkdf2),
    writer.sequence(
      writer.octetString(salt),
      writer.integer(iterations),
      writer.sequence(writer.oid(oid.hmacWithSha256), writer.null()),
    ),
  );
  const cipher = writer.sequence(writer.oid(oid.aes256Cbc), writer.octetString(iv));
  return {
    algorithm: writer.sequence(writer.oid(oid.pbes2), writer.sequence(derivation, cipher)),
    ciphertext: new Uint8Array(ciphertext),
  };
}

/** What a ciphertext was made with, besides the passphrase. */
export interface Pbes2Parameters {
  /** The salt of the key's derivation. */
  readonly salt: Uint8Array<ArrayBuffer>;
  /** The iterations of the key's derivation. */
  readonly iterations: number;
  /** The first block of the chain. */
  readonly iv: Uint8Array<ArrayBuffer>;
}

/** Reads the AlgorithmIdentifier's contents; what is weaker than AES-256 and SHA-256 is refused. */
export function readPbes2(algorithm: DerReader): Pbes2Parameters {
  expectOid(algorithm, oid.pbes2);
  const parameters = algorithm.sequence();
  const derivation = parameters.sequence();
  expectOid(derivation, oid.pbkdf2);
  const fields = derivation.sequence();
  const salt = fields.element(tag.octetString).contents;
  const iterations = readSmallInteger(fields);
  fields.optional(tag.integer); // the key length, which the cipher says as well
  if (fields.done) expectOid(fields, oid.hmacWithSha256); // the default would be HMAC-SHA1
  expectOid(fields.sequence(), oid.hmacWithSha256);
  const cipher = parameters.sequence();
  expectOid(cipher, oid.aes256Cbc);
  const iv = cipher.element(tag.octetString).contents;
  if (iterations === 0 || iterations > limits.maxKeyDerivationIterations || iv.length !== 16) {
    throw new CertificateError(
      "unsupported",
      `The file asks for ${iterations} iterations of PBKDF2`,
    );
  }
  return { salt, iterations, iv };
}

function expectOid(reader: DerReader, expected: string): void {
  const found = reader.done ? "an older algorithm" : readOid(reader);
  if (found === expected) return;
  throw new CertificateError(
    "unsupported",
    `The file is encrypted with ${found}; dari reads PBES2 with PBKDF2-HMAC-SHA256 and ` +
      "AES-256-CBC: convert it with openssl pkcs8 -topk8 -v2 aes256 (a key) or export it anew (PKCS#12)",
  );
}

/**
 * Decrypts a private key.
 *
 * @throws {CertificateError} `permission_denied` when the passphrase is wrong.
 */
export async function decryptPbes2(
  { salt, iterations, iv }: Pbes2Parameters,
  ciphertext: Uint8Array<ArrayBuffer>,
  passphrase: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await deriveKey(passphrase, salt, iterations, "decrypt");
  try {
    const plain = await crypto.subtle.decrypt({ name: "AES-CBC", iv }, key, ciphertext);
    const bytes = new Uint8Array(plain);
    // One wrong passphrase in 256 leaves padding that looks right; a key is one whole SEQUENCE.
    readWhole(bytes);
    return bytes;
  } catch (cause) {
    throw new CertificateError("passphrase_wrong", "The passphrase does not open the private key", {
      code: "permission_denied",
      cause,
    });
  }
}

async function deriveKey(
  passphrase: string,
  salt: Uint8Array<ArrayBuffer>,
  iterations: number,
  usage: "encrypt" | "decrypt",
): Promise<CryptoKey> {
  const secret = new TextEncoder().encode(passphrase);
  const material = await crypto.subtle.importKey("raw", secret, "PBKDF2", false, ["deriveKey"]);
  const derivation = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  const cipher = { name: "AES-CBC", length: 256 };
  return await crypto.subtle.deriveKey(derivation, material, cipher, false, [usage]);
}
