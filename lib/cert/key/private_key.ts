/**
 * Private keys as PEM, plain or encrypted with a passphrase (PKCS#8 with PBES2).
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { readWhole, tag } from "../der/reader.ts";
import { loadDerWriter } from "../der/writer.ts";
import { decodePem, encodePem } from "../der/pem.ts";
import { CertificateError } from "../reasons.ts";
import { decryptPbes2, encryptPbes2, readPbes2 } from "./pbes2.ts";

/**
 * Writes a private key as PEM.
 *
 * @param privateKey The key as PKCS#8.
 * @param passphrase Encrypts it; left out, the key is in the clear.
 * @returns A block `PRIVATE KEY` or `ENCRYPTED PRIVATE KEY`, both of which openssl reads.
 * @throws {DariError} `usage` when the passphrase is empty.
 * @see RFC 5958 section 2 and section 3
 *
 * @example
 * ```ts
 * import { encodePrivateKeyPem, generateKeyPair } from "@dari/dari/cert";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const { privateKey } = await generateKeyPair();
 * const pem = await encodePrivateKeyPem(privateKey, "correct horse");
 * assertStringIncludes(pem, "-----BEGIN ENCRYPTED PRIVATE KEY-----");
 * ```
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
 * @throws {CertificateError} `data` when there is no such block or it cannot be read, `permission_denied`
 * when the key is encrypted and the passphrase is missing or wrong.
 *
 * @example
 * ```ts
 * import { decodePrivateKeyPem, encodePrivateKeyPem, generateKeyPair } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const { privateKey } = await generateKeyPair();
 * const pem = await encodePrivateKeyPem(privateKey, "correct horse");
 * assertEquals(await decodePrivateKeyPem(pem, "correct horse"), privateKey);
 * ```
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

/**
 * Whether a PEM text holds an encrypted private key.
 *
 * @example
 * ```ts
 * import { encodePrivateKeyPem, generateKeyPair, isEncryptedPem } from "@dari/dari/cert";
 * import { assert } from "@std/assert";
 *
 * const { privateKey } = await generateKeyPair();
 * const pem = await encodePrivateKeyPem(privateKey, "correct horse");
 * assert(isEncryptedPem(pem));
 * assert(!isEncryptedPem(await encodePrivateKeyPem(privateKey)));
 * ```
 */
export function isEncryptedPem(text: string): boolean {
  return decodePem(text).some(({ label }) => label === "ENCRYPTED PRIVATE KEY");
}
