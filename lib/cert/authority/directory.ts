/**
 * An authority at rest: its files in the data directory.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import {
  ensurePrivateDirectory,
  readPublicFile,
  readSecretFile,
  reasonOf,
  writeFileAtomic,
} from "../../base/files.ts";
import {
  type Authority,
  type AuthorityOptions,
  makeAuthority,
  openAuthority,
} from "./authority.ts";
import { type Certificate, parseCertificates } from "../x509/certificate.ts";
import { formatName } from "../x509/distinguished_name.ts";
import { type Ledger, openFileLedger } from "../ledger/ledger.ts";
import type { CertifiedKey } from "./certified_key.ts";
import { encodePem } from "../der/pem.ts";
import { decodePrivateKeyPem, encodePrivateKeyPem } from "../key/private_key.ts";
import { keyIdText } from "../key/public_key.ts";

/** The names of an authority's files in the data directory. */
export const authorityFiles = {
  /** Every authority that peers are to trust: one, or two while one replaces the other. */
  certificates: "ca.crt",
  /** The key that issues. */
  key: "ca.key",
  /** The key that is to issue next. */
  nextKey: "ca.next.key",
  /** The key that issued before; it still signs revocations. */
  previousKey: "ca.previous.key",
} as const;

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
 * @throws {DariError} `already_exists` when the directory has an authority, and what
 * {@linkcode makeAuthority} throws.
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
  if (!await exists(path)) return;
  throw new DariError(
    "already_exists",
    `"${path}" exists already; replace that authority with dari cert rotate`,
  );
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
  // The certificate is written last: its file says that there is an authority.
  await writeFileAtomic(`${directory}/${authorityFiles.key}`, made.keyPem);
  await recordAuthority(ledger, made);
  const pem = encodePem("CERTIFICATE", made.certificate.der);
  await writeFileAtomic(`${directory}/${authorityFiles.certificates}`, pem);
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
  const keyPem = await readSecretFile(`${directory}/${authorityFiles[which]}`);
  return await openAuthority(await decodePrivateKeyPem(keyPem, passphrase), certificates);
}

/**
 * Reads the authorities that peers are to trust.
 *
 * @param directory The data directory.
 * @throws {DariError} `not_found` when there is no authority, `data` when it cannot be read.
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
    return parseCertificates(await readPublicFile(path));
  } catch (error) {
    if (!(error instanceof DariError) || !(error.cause instanceof Deno.errors.NotFound)) {
      throw error;
    }
    throw new DariError(
      "not_found",
      `There is no authority in "${directory}"; make one with dari cert init`,
      { cause: error },
    );
  }
}

/**
 * Waits until no other process, and nothing else in this one, makes or replaces what belongs to the
 * authority.
 *
 * @param directory The data directory.
 * @returns The lock; disposing it lets the next one in, and so does the end of the process.
 *
 * @example
 * ```ts
 * import { lockAuthority } from "@dari/dari/cert";
 *
 * const directory = await Deno.makeTempDir();
 * {
 *   using _lock = await lockAuthority(directory);
 *   // Nobody else makes or replaces the authority here.
 * }
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export async function lockAuthority(directory: string): Promise<Disposable> {
  const path = `${directory}/authority.lock`;
  try {
    const file = await Deno.open(path, { write: true, create: true, mode: 0o600 });
    await file.lock(true);
    return file;
  } catch (cause) {
    throw new DariError("io", `Cannot lock "${path}": ${reasonOf(cause)}`, { cause });
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
  });
}

/** Whether something stands at the path: a file, or anything else. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return false;
    throw new DariError("io", `Cannot look at "${path}": ${reasonOf(cause)}`, { cause });
  }
}
