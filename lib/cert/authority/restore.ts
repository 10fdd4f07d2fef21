/**
 * Writing a lost `ca.crt` again: the ledger has the certificates of its authorities.
 *
 * @module
 */

import { decodeBase64 } from "@std/encoding/base64";
import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { exists } from "../../base/file/file_state.ts";
import { checkPrivateDirectory, readSecretFile, writeFileAtomic } from "../../base/file/files.ts";
import { encodePem } from "../der/pem.ts";
import { publicKeyOf } from "../key/key_pair.ts";
import { decodePrivateKeyPem } from "../key/private_key.ts";
import { keyIdText } from "../key/public_key.ts";
import { type Ledger, openFileLedger } from "../ledger/ledger.ts";
import { inFile } from "../reasons.ts";
import { type Certificate, parseCertificate, sameBytes } from "../x509/certificate.ts";
import { authorityFiles, lockAuthority, settleKeyLocked } from "./authority_files.ts";

/** What {@linkcode restoreAuthority} goes by. */
export interface RestoreOptions {
  /** What the keys of the authority are encrypted with. */
  readonly passphrase?: string | undefined;
  /**
   * Where the authority is recorded.
   *
   * @default {the file in the data directory, as `openFileLedger` opens it}
   */
  readonly ledger?: Ledger | undefined;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
}

/**
 * Writes a lost `ca.crt` again, with the certificates that the ledger has of the authority's keys. It
 * holds two of them during a rotation, as it did before.
 *
 * @param directory The data directory, which still has `ca.key`.
 * @param options Passphrase and ledger.
 * @returns The certificates in the new `ca.crt`; the newest stands last.
 * @throws {DariError} `already_exists` when there is a `ca.crt`, `not_found` when there is no key of an
 * authority or the ledger does not have its certificate, `permission_denied` when the passphrase is
 * missing or wrong.
 *
 * @example
 * ```ts
 * import { initAuthority, openFileLedger, restoreAuthority } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = `${await Deno.makeTempDir()}/data`;
 * const ledger = openFileLedger(directory);
 * const { serial } = await initAuthority(directory, { ledger });
 * await Deno.remove(`${directory}/ca.crt`);
 * const [restored] = await restoreAuthority(directory, { ledger });
 * assertEquals(restored?.serial, serial);
 * ```
 */
export async function restoreAuthority(
  directory: string,
  options: RestoreOptions = {},
): Promise<Certificate[]> {
  const { passphrase, clock, ledger = openFileLedger(directory, clock) } = options;
  const path = `${directory}/${authorityFiles.certificates}`;
  if (!await exists(directory)) throw new DariError("not_found", `There is no "${directory}"`);
  await checkPrivateDirectory(directory);
  using _lock = await lockAuthority(directory);
  if (await exists(path)) {
    throw new DariError("already_exists", `"${path}" is there; nothing was changed`);
  }
  const recorded = await authoritiesOf(ledger);
  const certificates: Certificate[] = [];
  const { previousKey, key, nextKey } = authorityFiles;
  for (const name of [previousKey, key, nextKey]) {
    const file = `${directory}/${name}`;
    if (!await exists(file)) continue;
    const certificate = await certificateOf(file, passphrase, recorded);
    if (certificate !== undefined) certificates.push(certificate);
    // What a crash in the first step of a rotation leaves was never issued with.
    else if (name !== nextKey) throw unknown(file);
  }
  if (certificates.length === 0) {
    throw new DariError("not_found", `There is no key of an authority in "${directory}"`);
  }
  await writeFileAtomic(
    path,
    certificates.map(({ der }) => encodePem("CERTIFICATE", der)).join(""),
  );
  await settleKeyLocked(directory);
  return certificates;
}

/** The certificates of authorities that the ledger has, by their keys' identifiers. */
async function authoritiesOf(ledger: Ledger): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { purposes, authority, certificate } of await ledger.entries()) {
    if (certificate !== undefined && purposes.includes("authority")) {
      found.set(authority, certificate);
    }
  }
  return found;
}

async function certificateOf(
  keyFile: string,
  passphrase: string | undefined,
  recorded: ReadonlyMap<string, string>,
): Promise<Certificate | undefined> {
  const pem = await readSecretFile(keyFile);
  const privateKey = await inFile(keyFile, () => decodePrivateKeyPem(pem, passphrase));
  const publicKey = await publicKeyOf(privateKey);
  const encoded = recorded.get(await keyIdText(publicKey));
  if (encoded === undefined) return undefined;
  const certificate = parseCertificate(decodeBase64(encoded));
  return sameBytes(certificate.publicKey, publicKey) ? certificate : undefined;
}

function unknown(keyFile: string): DariError {
  return new DariError(
    "not_found",
    `The ledger does not have the certificate of "${keyFile}": copy ca.crt back from a backup or from ` +
      "a peer that trusts it",
  );
}
