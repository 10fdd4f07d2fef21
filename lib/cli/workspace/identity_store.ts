/**
 * The accounts, sessions and keys of a data directory, for the commands that work on them.
 *
 * @module
 */

import { type Identity, openIdentity } from "../../auth/mod.ts";
import { ensurePrivateDirectory } from "../../base/file/files.ts";
import { openDataStore } from "../../endpoint/store/shared_store.ts";
import type { Io } from "../app/command.ts";
import { type DataChoice, dataDirectoryOf } from "./data_directory.ts";
import { readPolicy } from "./policy_file.ts";

/**
 * Works on the identity of the data directory, also while a server runs on it.
 *
 * @param choice What the user typed for the data directory.
 * @param io Its environment names the default.
 * @param work What to do.
 * @returns What the work gave.
 * @throws {DariError} `configuration`, `data`, `io` or `unavailable` when the store cannot be opened.
 */
export async function withIdentity<T>(
  choice: DataChoice,
  io: Io,
  work: (identity: Identity) => Promise<T>,
): Promise<T> {
  const directory = dataDirectoryOf(choice, io);
  await ensurePrivateDirectory(directory);
  const policy = await readPolicy(`${directory}/policy.json`);
  await using kept = await openDataStore(directory);
  using identity = await openIdentity(kept.store, { policy });
  return await work(identity);
}
