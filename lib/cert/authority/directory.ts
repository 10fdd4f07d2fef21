/**
 * An authority at rest: its files in the data directory.
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import { exists } from "../../base/file/file_state.ts";
import { DariError } from "../../base/errors.ts";
import {
  checkPrivateDirectory,
  ensurePrivateDirectory,
  readOwnFile,
  readSecretFile,
  writeFileAtomic,
} from "../../base/file/files.ts";
import {
  type Authority,
  type AuthorityOptions,
  makeAuthority,
  openAuthority,
} from "./authority.ts";
import { authorityFiles, lockAuthority, rename, settleKey } from "./authority_files.ts";
import { inFile } from "../reasons.ts";
import { type Certificate, parseCertificates } from "../x509/certificate.ts";
import { formatName } from "../x509/distinguished_name.ts";
import { type Ledger, openFileLedger } from "../ledger/ledger.ts";
import type { CertifiedKey } from "./certified_key.ts";
import { encodePem } from "../der/pem.ts";
import { decodePrivateKeyPem, encodePrivateKeyPem } from "../key/private_key.ts";
import { keyIdText } from "../key/public_key.ts";

/** What an authority in a data directory is like. */
export interface InitOptions extends AuthorityOptions {
  /** Encrypts its key at rest. */
  readonly passphrase?: string;
  /**
   * Where it is recorded.
   *
   * @default {the file in the data directory, as `openFileLedger` opens it}
   */
  readonly ledger?: Ledger;
}

/**
 * Makes an authority in a data directory.
 *
 * @param directory The data directory; made with mode 0700 where it does not exist.
 * @param options What the authority is like, its passphrase and where it is recorded.
 * @returns Its certificate.
 * @throws {DariError} `already_exists` when the directory has an authority, `failed_precondition` when
 * it has the key of one whose certificate is lost, and what {@linkcode makeAuthority} throws.
 *
 * @example
 * ```ts
 * import { initAuthority, loadAuthority, openFileLedger } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = `${await Deno.makeTempDir()}/data`;
 * const ledger = openFileLedger(directory);
 * const certificate = await initAuthority(directory, { permits: [".internal"], ledger });
 * assertEquals((await loadAuthority(directory)).certificate.serial, certificate.serial);
 * ```
 */
export async function initAuthority(
  directory: string,
  options: InitOptions = {},
): Promise<Certificate> {
  await refuseSecond(directory);
  // Made in memory first, so that a failure leaves no directory behind.
  const made = await makeAtRest(options);
  await ensurePrivateDirectory(directory);
  using _lock = await lockAuthority(directory);
  await refuseSecond(directory);
  return await writeAuthority(directory, made, options);
}

/** Does what {@linkcode initAuthority} does, for a caller that holds the lock. */
export async function initLocked(
  directory: string,
  options: InitOptions,
): Promise<Certificate> {
  await refuseSecond(directory);
  return await writeAuthority(directory, await makeAtRest(options), options);
}

async function refuseSecond(directory: string): Promise<void> {
  const path = `${directory}/${authorityFiles.certificates}`;
  if (await exists(path)) {
    throw new DariError(
      "already_exists",
      `"${path}" exists already; replace that authority with dari cert rotate`,
    );
  }
  for (const name of [authorityFiles.key, authorityFiles.previousKey]) {
    const key = `${directory}/${name}`;
    if (!await exists(key)) continue;
    throw new DariError(
      "failed_precondition",
      `There is the key of an authority, "${key}", but its certificate "${path}" is lost: ` +
        "write it again with dari cert init --restore, or copy ca.crt back from a backup or from a " +
        "peer that trusts it; to begin anew, move the key away",
    );
  }
}

/** A new authority, and its key as it goes to the disk. */
interface AuthorityAtRest extends CertifiedKey {
  readonly keyPem: string;
}

async function makeAtRest(options: InitOptions): Promise<AuthorityAtRest> {
  const made = await makeAuthority(options);
  return { ...made, keyPem: await encodePrivateKeyPem(made.privateKey, options.passphrase) };
}

async function writeAuthority(
  directory: string,
  made: AuthorityAtRest,
  { clock, ledger = openFileLedger(directory, clock) }: InitOptions,
): Promise<Certificate> {
  // A key that has its name already is one whose authority may have issued: a crash leaves none, but
  // one under the name of the next key, for which nothing was issued until there is a certificate.
  const [next, key] = [authorityFiles.nextKey, authorityFiles.key].map((n) => `${directory}/${n}`);
  await writeFileAtomic(next!, made.keyPem);
  await recordAuthority(ledger, made);
  const pem = encodePem("CERTIFICATE", made.certificate.der);
  await writeFileAtomic(`${directory}/${authorityFiles.certificates}`, pem);
  await rename(next!, key!);
  return made.certificate;
}

/**
 * Opens the authority of a data directory.
 *
 * @param directory The data directory.
 * @param passphrase What its key is encrypted with.
 * @param which The authority that issues, or the one that did before a rotation.
 * @throws {DariError} `not_found` when there is none, `permission_denied` when the passphrase is
 * missing or wrong, `configuration` when the key is open to others or fits no certificate.
 *
 * @example
 * ```ts
 * import { initAuthority, loadAuthority } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = `${await Deno.makeTempDir()}/data`;
 * await initAuthority(directory, { passphrase: "correct horse" });
 * const { signer } = await loadAuthority(directory, "correct horse");
 * assertEquals(signer.scheme, "ecdsa-p256-sha256");
 * ```
 */
export async function loadAuthority(
  directory: string,
  passphrase?: string,
  which: "key" | "previousKey" = "key",
): Promise<Authority> {
  const certificates = await readAuthorityCertificates(directory);
  await settleKey(directory);
  const keyFile = `${directory}/${authorityFiles[which]}`;
  const keyPem = await readSecretFile(keyFile);
  const privateKey = await inFile(keyFile, () => decodePrivateKeyPem(keyPem, passphrase));
  return await openAuthority(privateKey, certificates);
}

/**
 * Reads the authorities that peers are to trust.
 *
 * @param directory The data directory.
 * @throws {DariError} `not_found` when there is no authority, `data` when it cannot be read,
 * `configuration` when other users own or can change the directory or the file.
 *
 * @example
 * ```ts
 * import { initAuthority, readAuthorityCertificates } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = `${await Deno.makeTempDir()}/data`;
 * const { serial } = await initAuthority(directory);
 * const trusted = await readAuthorityCertificates(directory);
 * assertEquals(trusted.map((certificate) => certificate.serial), [serial]);
 * ```
 */
export async function readAuthorityCertificates(directory: string): Promise<Certificate[]> {
  const path = `${directory}/${authorityFiles.certificates}`;
  try {
    const text = await readOwnFile(path);
    await checkPrivateDirectory(directory);
    return await inFile(path, () => parseCertificates(text));
  } catch (error) {
    if (!(error instanceof DariError && error.code === "not_found")) throw error;
    throw new DariError(
      "not_found",
      `There is no authority in "${directory}"; make one with dari cert init`,
      { cause: error },
    );
  }
}

/** Records an authority itself, so that the ledger knows every certificate that exists. */
export async function recordAuthority(ledger: Ledger, made: CertifiedKey): Promise<void> {
  const { certificate } = made;
  await ledger.recordIssued({
    serial: certificate.serial,
    authority: await keyIdText(certificate.publicKey),
    subject: formatName(certificate.subject),
    names: [],
    purposes: ["authority"],
    notBeforeMs: certificate.notBeforeMs,
    notAfterMs: certificate.notAfterMs,
    certificate: encodeBase64(certificate.der),
  });
}
