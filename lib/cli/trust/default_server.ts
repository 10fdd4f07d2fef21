/**
 * The server that commands use where they name none (`dari use`).
 *
 * @module
 */

import { exists } from "../../base/file/file_state.ts";
import {
  checkPrivateDirectory,
  ensurePrivateDirectory,
  readOwnFile,
  writeFileAtomic,
} from "../../base/file/files.ts";
import { parseAddress } from "../../transport/scheme/parse.ts";

/**
 * The default server.
 *
 * @param directory The user's directory.
 * @returns Its address; `undefined` where none is set.
 * @throws {DariError} `configuration` when others own or can change the file, `usage` when it holds no
 * address.
 */
export async function readDefaultServer(directory: string): Promise<string | undefined> {
  const path = pathOf(directory);
  if (!await checkPrivateDirectory(directory) || !await exists(path)) return undefined;
  const address = (await readOwnFile(path)).trim();
  parseAddress(address);
  return address;
}

/**
 * Sets the default server, or none.
 *
 * @param directory The user's directory; made with mode 0700.
 * @param address Its address; `undefined` for the server of the data directory.
 */
export async function writeDefaultServer(
  directory: string,
  address: string | undefined,
): Promise<void> {
  if (address === undefined) {
    if (await exists(pathOf(directory))) await Deno.remove(pathOf(directory));
    return;
  }
  await ensurePrivateDirectory(directory);
  await writeFileAtomic(pathOf(directory), `${address}\n`);
}

function pathOf(directory: string): string {
  return `${directory}/server`;
}
