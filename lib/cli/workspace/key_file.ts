/**
 * The key of a data directory's authority, before it is opened.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { readSecretFile } from "../../base/file/files.ts";
import { isEncryptedPem } from "../../cert/key/private_key.ts";

/**
 * Whether a key file is encrypted, so that its passphrase has to be asked for.
 *
 * @param path The file.
 * @returns `false` where there is none: whoever loads it says so, and what to do.
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
