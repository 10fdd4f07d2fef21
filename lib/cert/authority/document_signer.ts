/**
 * A certificate that signs documents of its data directory, such as the checkpoints of an audit. Its key
 * is not encrypted, so that signing goes on while the authority's key is locked away.
 *
 * @see RFC 9336, the extended key usage of document signing
 * @module
 */

import { type Clock, systemClock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { exists } from "../../base/file/file_state.ts";
import { readSecretFile, writeFileAtomic } from "../../base/file/files.ts";
import { limits } from "../../base/limits.ts";
import { encodePem } from "../der/pem.ts";
import { generateKeyPair, publicKeyOf } from "../key/key_pair.ts";
import { decodePrivateKeyPem, encodePrivateKeyPem } from "../key/private_key.ts";
import { keyIdText } from "../key/public_key.ts";
import { signMessage, verifyMessage } from "../key/scheme.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { verifyCertificate } from "../path/verify.ts";
import { CertificateError, inFile } from "../reasons.ts";
import { type Certificate, parseCertificates, sameBytes } from "../x509/certificate.ts";
import { purposeOids, randomSerial, signCertificate } from "../x509/certificate_template.ts";
import { formatName } from "../x509/distinguished_name.ts";
import { authorityFiles, lockAuthority } from "./authority_files.ts";
import { loadAuthority, readAuthorityCertificates } from "./directory.ts";
import { isDueForRenewal } from "./renewal.ts";

/** What signs documents. */
export interface DocumentSigner {
  /** The certificate, PEM. */
  readonly pem: string;
  /** The last moment at which it is valid, in milliseconds since the epoch. */
  readonly notAfterMs: number;
  /** Signs by Ed25519 (RFC 8032). */
  sign(message: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
}

/** How {@linkcode ensureDocumentSigner} makes what is missing. */
export interface DocumentSignerOptions {
  /** The subject of its certificate. */
  readonly subject: string;
  /** Where the certificate is recorded. */
  readonly ledger: Ledger;
  /** What the authority's key is encrypted with. */
  readonly passphrase?: string | undefined;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
}

/** A pair in its file. */
interface Pair {
  readonly certificate: Certificate;
  readonly privateKey: Uint8Array<ArrayBuffer>;
}

/**
 * Opens a signer, without making one.
 *
 * @param file The file of certificate and key.
 * @returns The signer; `undefined` where there is no such file.
 * @throws {DariError} `data` or `configuration` for a file that cannot be used.
 */
export async function openDocumentSigner(file: string): Promise<DocumentSigner | undefined> {
  const pair = await readPair(file);
  return pair && signerOf(pair);
}

/**
 * Gives a data directory its signer: one in its file, or a new one by the directory's authority, where
 * there is none or it is past two thirds of its life.
 *
 * @param directory The data directory.
 * @param file The file of certificate and key, mode 0600.
 * @param options Subject, ledger and passphrase.
 * @returns The signer. One that is merely due still signs while the authority's key is locked;
 * `undefined` where the directory has no authority, or none that can issue the first one or one in place
 * of one that has ended.
 */
export async function ensureDocumentSigner(
  directory: string,
  file: string,
  options: DocumentSignerOptions,
): Promise<DocumentSigner | undefined> {
  if (!await exists(`${directory}/${authorityFiles.certificates}`)) return undefined;
  using _lock = await lockAuthority(directory);
  const { clock = systemClock } = options;
  const old = await readPair(file);
  const isOurs = old !== undefined && await isOf(directory, old);
  if (isOurs && !isDueForRenewal(old.certificate, clock.now())) return signerOf(old);
  const usable = isOurs && old.certificate.notAfterMs > clock.now() ? signerOf(old) : undefined;
  if (!await exists(`${directory}/${authorityFiles.key}`)) return usable; // it is on another machine
  try {
    const pair = await issue(directory, { ...options, clock });
    const key = await encodePrivateKeyPem(pair.privateKey);
    await writeFileAtomic(file, encodePem("CERTIFICATE", pair.certificate.der) + key);
    return signerOf(pair);
  } catch (error) {
    const isLocked = error instanceof CertificateError && error.reason === "passphrase_needed";
    if (!isLocked) throw error;
    return usable;
  }
}

/**
 * Verifies what a signer has signed.
 *
 * @param pem Its certificate.
 * @param authorities The authorities that are trusted.
 * @param signed What was signed, the signature, and when it was made.
 * @throws {CertificateError} `data` when it is not to be trusted; `reason` says why.
 */
export async function verifyDocument(
  pem: string,
  authorities: readonly Certificate[],
  { message, signature, timeMs }: {
    readonly message: Uint8Array<ArrayBuffer>;
    readonly signature: Uint8Array<ArrayBuffer>;
    readonly timeMs: number;
  },
): Promise<void> {
  const [leaf, ...intermediates] = parseCertificates(pem);
  const { extKeyUsage } = leaf.extensions;
  await verifyCertificate(leaf, { authorities, intermediates, purpose: "documents", timeMs });
  if (extKeyUsage?.includes(purposeOids.documents) !== true) {
    throw new CertificateError("wrong_purpose", "The certificate is not made to sign documents");
  }
  if (await verifyMessage("ed25519", leaf.publicKey, message, signature)) return;
  throw new CertificateError("bad_signature", "The signature is wrong");
}

async function readPair(file: string): Promise<Pair | undefined> {
  let text: string;
  try {
    text = await readSecretFile(file);
  } catch (error) {
    if (error instanceof DariError && error.code === "not_found") return undefined;
    throw error;
  }
  return await inFile(file, async () => {
    const [certificate] = parseCertificates(text);
    const privateKey = await decodePrivateKeyPem(text.slice(text.indexOf("-----BEGIN PRIVATE")));
    if (sameBytes(await publicKeyOf(privateKey), certificate.publicKey)) {
      return { certificate, privateKey };
    }
    throw new CertificateError("key_mismatch", "The key is not the certificate's");
  });
}

/** Whether an authority that peers trust has issued it. */
async function isOf(directory: string, { certificate }: Pair): Promise<boolean> {
  const authorities = await readAuthorityCertificates(directory);
  return authorities.some(({ subject }) => sameBytes(subject.der, certificate.issuer.der));
}

async function issue(
  directory: string,
  { subject, ledger, passphrase, clock }: DocumentSignerOptions & { readonly clock: Clock },
): Promise<Pair> {
  const authority = await loadAuthority(directory, passphrase);
  const { publicKey, privateKey } = await generateKeyPair("ed25519");
  const nowMs = clock.now();
  const der = await signCertificate({
    serial: randomSerial(),
    subject: [{ type: "CN", value: subject }],
    publicKey,
    notBeforeMs: Math.max(
      nowMs - limits.certificateBackdateMs,
      authority.certificate.notBeforeMs,
    ),
    notAfterMs: Math.min(nowMs + limits.auditCertificateLifeMs, authority.certificate.notAfterMs),
    keyUsage: ["digitalSignature"],
    purposes: ["documents"],
  }, { subject: authority.certificate.subject.der, signer: authority.signer });
  const [certificate] = parseCertificates(encodePem("CERTIFICATE", der));
  await ledger.recordIssued({
    serial: certificate.serial,
    authority: authority.keyId,
    subject: formatName(certificate.subject),
    names: [],
    purposes: ["documents"],
    notBeforeMs: certificate.notBeforeMs,
    notAfterMs: certificate.notAfterMs,
    key: await keyIdText(publicKey),
  });
  return { certificate, privateKey };
}

function signerOf({ certificate, privateKey }: Pair): DocumentSigner {
  return {
    pem: encodePem("CERTIFICATE", certificate.der),
    notAfterMs: certificate.notAfterMs,
    sign: (message) => signMessage("ed25519", privateKey, message),
  };
}
