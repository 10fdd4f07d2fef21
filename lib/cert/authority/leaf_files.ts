/**
 * Leaves as files: `PREFIX.crt` with leaf and chain, and `PREFIX.key`.
 *
 * @module
 */

import { resolve } from "node:path"; // an absolute path for the ledger; Deno has none of its own
import { exists } from "../../base/file/file_state.ts";
import { DariError } from "../../base/errors.ts";
import { systemClock } from "../../base/clock.ts";
import { directoryOf, reasonOf, writeNewFiles } from "../../base/file/files.ts";
import { sweepTemporaries, temporaryFor } from "../../base/file/temporary_files.ts";
import type { Authority } from "./authority.ts";
import type { Certificate } from "../x509/certificate.ts";
import { generateKeyPair, type KeyAlgorithm } from "../key/key_pair.ts";
import { issueLeaf, type LeafOptions } from "./leaf.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { encodePem } from "../der/pem.ts";
import { encodePrivateKeyPem } from "../key/private_key.ts";

/** A leaf and where it was written. */
export interface LeafFiles {
  /** The leaf. */
  readonly certificate: Certificate;
  /** The file of the leaf and its chain. */
  readonly certFile: string;
  /** The file of its key. */
  readonly keyFile: string;
}

/**
 * Makes a key, issues a leaf for it and writes both, with mode 0600.
 *
 * @param authority The authority that issues it.
 * @param ledger Where it is recorded.
 * @param prefix The files' path without `.crt` and `.key`; neither may exist.
 * @param options Names, purposes, subject and life of the leaf, and the kind of key.
 * @throws {DariError} `already_exists` when a file is in the way, `io` when one cannot be written,
 * and what {@linkcode issueLeaf} throws; nothing is left behind then.
 *
 * @example
 * ```ts
 * import { initAuthority, issueLeafFiles, loadAuthority, openFileLedger } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = `${await Deno.makeTempDir()}/data`;
 * const ledger = openFileLedger(directory);
 * await initAuthority(directory, { ledger });
 * const authority = await loadAuthority(directory);
 * const names = ["api.internal"];
 * const files = await issueLeafFiles(authority, ledger, `${directory}/api`, { names });
 * assertEquals(files.certFile, `${directory}/api.crt`);
 * ```
 */
export async function issueLeafFiles(
  authority: Authority,
  ledger: Ledger,
  prefix: string,
  options: LeafOptions & { readonly algorithm?: KeyAlgorithm },
): Promise<LeafFiles> {
  await checkVacant(prefix);
  const { publicKey, privateKey } = await generateKeyPair(options.algorithm);
  const file = resolve(`${prefix}.crt`);
  const certificate = await issueLeaf(authority, ledger, publicKey, { ...options, file });
  return await writePair(prefix, certificate, privateKey);
}

/**
 * Refuses a prefix whose files exist or cannot be written.
 *
 * @param prefix The files' path without `.crt` and `.key`.
 * @throws {DariError} `already_exists` or `io`.
 *
 * @example
 * ```ts
 * import { checkVacant } from "@dari/dari/cert";
 * import { assertRejects } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir();
 * await checkVacant(`${directory}/api`);
 * await Deno.writeTextFile(`${directory}/api.key`, "precious");
 * await assertRejects(() => checkVacant(`${directory}/api`), Error, "exists already");
 * ```
 */
export async function checkVacant(prefix: string): Promise<void> {
  for (const path of [`${prefix}.crt`, `${prefix}.key`]) await checkFree(path);
}

/**
 * Refuses a path where anything exists (a file, a link, a FIFO, a directory), or whose directory
 * takes no file. It is called before a certificate is recorded, so that none is recorded in vain.
 *
 * @param path Where a file is to be written.
 * @throws {DariError} `already_exists` or `io`.
 *
 * @example
 * ```ts
 * import { checkFree } from "@dari/dari/cert";
 * import { assertRejects } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir();
 * await checkFree(`${directory}/api.crt`);
 * await assertRejects(() => checkFree(directory), Error, "exists already");
 * ```
 */
export async function checkFree(path: string): Promise<void> {
  if (await exists(path)) {
    throw new DariError(
      "already_exists",
      `"${path}" exists already; it was left as it is: name another --out, or remove it`,
    );
  }
  await checkWritable(path);
}

/**
 * Refuses a path whose directory takes no file.
 *
 * @param path Where a file is to be written.
 * @throws {DariError} `io`.
 */
export async function checkWritable(path: string): Promise<void> {
  try {
    const directory = directoryOf(path);
    const prefix = `${path.slice(path.lastIndexOf("/") + 1)}.`;
    await sweepTemporaries(directory, { nowMs: systemClock.now(), prefix });
    const temporary = temporaryFor(path);
    (await Deno.open(temporary, { write: true, createNew: true, mode: 0o600 })).close();
    await Deno.remove(temporary);
  } catch (cause) {
    throw new DariError("io", `Cannot write "${path}": ${reasonOf(cause)}`, { cause });
  }
}

/**
 * Writes a new pair.
 *
 * @param prefix The files' path without `.crt` and `.key`.
 * @param certificate The leaf.
 * @param privateKey Its key as PKCS#8.
 * @throws {DariError} `already_exists` when a file is in the way, `io` when one cannot be written;
 * neither is left behind then.
 *
 * @example
 * ```ts
 * import { makeSelfSigned, parseCertificates, writePair } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const prefix = `${await Deno.makeTempDir()}/api`;
 * const { certificate, privateKey } = await makeSelfSigned("api.internal");
 * const { certFile } = await writePair(prefix, certificate, privateKey);
 * assertEquals(parseCertificates(await Deno.readTextFile(certFile))[0].serial, certificate.serial);
 * ```
 */
export async function writePair(
  prefix: string,
  certificate: Certificate,
  privateKey: Uint8Array<ArrayBuffer>,
): Promise<LeafFiles> {
  const [certFile, keyFile] = [`${prefix}.crt`, `${prefix}.key`];
  await writeNewFiles([
    { path: keyFile, content: await encodePrivateKeyPem(privateKey) },
    { path: certFile, content: encodePem("CERTIFICATE", certificate.der) },
  ]);
  return { certificate, certFile, keyFile };
}
