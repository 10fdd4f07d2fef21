/**
 * The key of a data directory's authority, before it is opened.
 *
 * @module
 */

import type { Io } from "../app/command.ts";
import { hasSecretSource, readSecret, type SecretSource } from "../app/secret_input.ts";
import { DariError } from "../../base/errors.ts";
import { readSecretFile } from "../../base/file/files.ts";
import { isEncryptedPem } from "../../cert/key/private_key.ts";

/**
 * Whether a key file is encrypted, so that its passphrase has to be asked for.
 *
 * @param path The file.
 * @returns `false` where there is none: loading it says so, and what to do.
 * @throws {DariError} `configuration` when other users own the file or can use it.
 */
export async function isEncryptedKey(path: string): Promise<boolean> {
  try {
    return isEncryptedPem(await readSecretFile(path));
  } catch (error) {
    if (error instanceof DariError && error.code === "not_found") return false;
    throw error;
  }
}

/**
 * The passphrase of the authority's key. Where the key is encrypted and nobody can be asked, the server
 * starts without it and serves as long as its certificate is good.
 *
 * @param keyFile The file of the key.
 * @param options Where the user says that it comes from.
 * @param io Asks on the terminal.
 */
export async function passphraseOf(
  keyFile: string,
  options: SecretSource<"passphrase">,
  io: Io,
): Promise<string | undefined> {
  if (hasSecretSource("passphrase", options)) {
    return await readSecret("passphrase", options, io, { prompt: "" });
  }
  if (!await isEncryptedKey(keyFile)) return undefined;
  return await io.promptSecret(`Passphrase of ${keyFile} (empty: the server cannot renew):`) ||
    undefined;
}
