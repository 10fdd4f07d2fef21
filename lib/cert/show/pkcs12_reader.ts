/**
 * Reading PKCS#12 files, for people who want to know what is in one.
 *
 * @see RFC 7292
 * @module
 */

import { DerReader, malformed, readOid, readSmallInteger, readWhole, tag } from "../der/reader.ts";
import { oid } from "../der/oid.ts";
import { decryptPbes2, readPbes2 } from "../key/pbes2.ts";
import { CertificateError } from "../reasons.ts";
import { type Certificate, parseCertificate } from "../x509/certificate.ts";

/** What is in a PKCS#12 file. Nothing here has been verified. */
export interface Pkcs12Contents {
  /** Its certificates, in order. */
  readonly certificates: readonly Certificate[];
  /** How many private keys it has. */
  readonly keyCount: number;
}

/**
 * Whether a file has the form of PKCS#12: it begins with the version 3, where others begin with what
 * is signed.
 *
 * @param bytes The file.
 *
 * @example
 * ```ts
 * import { encodePkcs12, isPkcs12, makeSelfSigned } from "@dari/dari/cert";
 * import { assert } from "@std/assert";
 *
 * const { certificate, privateKey } = await makeSelfSigned("api.internal");
 * assert(isPkcs12(await encodePkcs12([certificate], privateKey, "correct horse")));
 * assert(!isPkcs12(certificate.der));
 * ```
 */
export function isPkcs12(bytes: Uint8Array<ArrayBuffer>): boolean {
  try {
    return readWhole(bytes).peek() === tag.integer;
  } catch (error) {
    if (error instanceof CertificateError) return false;
    throw error;
  }
}

/**
 * Decrypts a PKCS#12 file and reads its certificates. Private keys are counted and not decrypted.
 *
 * @param bytes The file.
 * @param passphrase What it is encrypted with.
 * @throws {CertificateError} `permission_denied` when the passphrase is wrong, `data` when the file is
 * malformed or encrypted with anything older than PBES2 with AES-256 and SHA-256.
 *
 * @example
 * ```ts
 * import { encodePkcs12, makeSelfSigned, parsePkcs12 } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const { certificate, privateKey } = await makeSelfSigned("api.internal");
 * const file = await encodePkcs12([certificate], privateKey, "correct horse");
 * const { certificates, keyCount } = await parsePkcs12(file, "correct horse");
 * assertEquals([certificates[0]?.serial, keyCount], [certificate.serial, 1]);
 * ```
 */
export async function parsePkcs12(
  bytes: Uint8Array<ArrayBuffer>,
  passphrase: string,
): Promise<Pkcs12Contents> {
  const pfx = readWhole(bytes);
  if (readSmallInteger(pfx) !== 3) throw malformed("a PKCS#12 file that is not of version 3");
  const safes = readWhole(readData(pfx.sequence()));
  const certificates: Certificate[] = [];
  let keyCount = 0;
  while (!safes.done) {
    const bags = readWhole(await openSafe(safes.sequence(), passphrase));
    while (!bags.done) {
      const bag = bags.sequence();
      const id = readOid(bag);
      const value = new DerReader(bag.element(tag.contextConstructed(0)).contents);
      if (id === oid.certBag) certificates.push(...readCertificateBag(value));
      if (id === oid.shroudedKeyBag || id === oid.keyBag) keyCount++;
    }
  }
  return { certificates, keyCount };
}

/** The contents of one AuthenticatedSafe, decrypted where it is encrypted. */
async function openSafe(
  info: DerReader,
  passphrase: string,
): Promise<Uint8Array<ArrayBuffer>> {
  if (info.peek() !== tag.oid) throw malformed("something else than a ContentInfo");
  const id = readOid(info);
  const content = new DerReader(info.element(tag.contextConstructed(0)).contents);
  if (id === oid.data) return content.element(tag.octetString).contents;
  if (id !== oid.encryptedData) {
    throw new CertificateError("unsupported", `The PKCS#12 file has contents of the kind ${id}`);
  }
  const data = content.sequence();
  readSmallInteger(data); // a version that says nothing
  const encrypted = data.sequence();
  readOid(encrypted); // what is inside, which is data in every file
  const parameters = readPbes2(encrypted.sequence());
  return await decryptPbes2(parameters, encrypted.element(tag.context(0)).contents, passphrase);
}

function readData(info: DerReader): Uint8Array<ArrayBuffer> {
  const id = readOid(info);
  if (id !== oid.data) {
    throw new CertificateError(
      "unsupported",
      "The PKCS#12 file is sealed with a public key; dari reads those with a passphrase",
    );
  }
  return new DerReader(info.element(tag.contextConstructed(0)).contents)
    .element(tag.octetString).contents;
}

function readCertificateBag(value: DerReader): Certificate[] {
  const bag = value.sequence();
  if (readOid(bag) !== oid.x509Certificate) return [];
  const content = new DerReader(bag.element(tag.contextConstructed(0)).contents);
  return [parseCertificate(content.element(tag.octetString).contents)];
}
