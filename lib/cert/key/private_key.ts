/**
 * Private keys as PEM, plain or encrypted with a passphrase (PKCS#8 with PBES2).
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { type DerReader, readOid, readSmallInteger, readWhole, tag } from "../der/reader.ts";
import { type DerNode, type DerWriter, loadDerWriter } from "../der/writer.ts";
import { oid } from "../der/oid.ts";
import { decodePem, encodePem } from "../der/pem.ts";
import { CertificateError } from "../reasons.ts";

/**
 * Writes a private key as PEM.
 *
 * @param privateKey The key as PKCS#8.
 * @param passphrase Encrypts it; left out, the key is in the clear.
 * @returns A block `PRIVATE KEY` or `ENCRYPTED PRIVATE KEY`, both of which openssl reads.
 * @throws {DariError} `usage` when the passphrase is empty.
 * @see RFC 5958 section 2 and section 3
 */
export async function encodePrivateKeyPem(
  privateKey: Uint8Array<ArrayBuffer>,
  passphrase?: string,
): Promise<string> {
  if (passphrase === undefined) return encodePem("PRIVATE KEY", privateKey);
  if (passphrase === "") {
    throw new DariError("usage", "The passphrase is empty; give one, or leave it out altogether");
  }
  const writer = await loadDerWriter();
  const { algorithm, ciphertext } = await encryptPbes2(writer, privateKey, passphrase);
  const info = writer.sequence(algorithm, writer.octetString(ciphertext));
  return encodePem("ENCRYPTED PRIVATE KEY", writer.encode(info));
}

/**
 * Reads a private key.
 *
 * @param text PEM with one block `PRIVATE KEY` or `ENCRYPTED PRIVATE KEY`.
 * @param passphrase What the key is encrypted with.
 * @returns The key as PKCS#8.
 * @throws {DariError} `data` when there is no such block or it cannot be read, `permission_denied`
 * when the key is encrypted and the passphrase is missing or wrong.
 */
export async function decodePrivateKeyPem(
  text: string,
  passphrase?: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const block = decodePem(text).find(({ label }) => label.endsWith("PRIVATE KEY"));
  if (block === undefined) {
    throw new CertificateError("absent", "The PEM text holds no private key");
  }
  if (block.label === "PRIVATE KEY") return block.bytes;
  if (block.label !== "ENCRYPTED PRIVATE KEY") {
    throw new CertificateError(
      "unsupported",
      `The private key is in the old form "${block.label}"; convert it with openssl pkcs8 -topk8`,
    );
  }
  if (passphrase === undefined) {
    throw new CertificateError(
      "passphrase_needed",
      "The private key is encrypted; give its passphrase",
      { code: "permission_denied" },
    );
  }
  const info = readWhole(block.bytes);
  const parameters = readPbes2(info.sequence());
  const ciphertext = info.element(tag.octetString).contents;
  info.end();
  return await decryptPbes2(parameters, ciphertext, passphrase);
}

/** Whether a PEM text holds an encrypted private key. */
export function isEncryptedPem(text: string): boolean {
  return decodePem(text).some(({ label }) => label === "ENCRYPTED PRIVATE KEY");
}

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

interface Pbes2Parameters {
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly iterations: number;
  readonly iv: Uint8Array<ArrayBuffer>;
}

function readPbes2(algorithm: DerReader): Pbes2Parameters {
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
      `The private key asks for ${iterations} iterations of PBKDF2`,
    );
  }
  return { salt, iterations, iv };
}

function expectOid(reader: DerReader, expected: string): void {
  const found = reader.done ? "an older algorithm" : readOid(reader);
  if (found === expected) return;
  throw new CertificateError(
    "unsupported",
    `The private key is encrypted with ${found}; dari reads PBES2 with PBKDF2-HMAC-SHA256 and ` +
      "AES-256-CBC: convert it with openssl pkcs8 -topk8 -v2 aes256",
  );
}

async function decryptPbes2(
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
