/**
 * Opens files that dari keeps open in a directory of its own, such as locks and records.
 *
 * @module
 */

import { checkAccess, checkIsFile } from "./file_access.ts";

/** How {@linkcode openOwnFile} opens. */
export interface OwnFileOptions {
  /**
   * Whether the file is made where there is none.
   *
   * @default {true}
   */
  readonly create?: boolean;
}

/**
 * Opens a file to read and write it. It is refused where others than its owner could have changed it:
 * what it says would be theirs. Whose the directory is has been checked before; root looks at those of
 * others.
 *
 * @param path The file, in a directory of dari's own.
 * @param options Whether it may be new; a new one has mode 0600.
 * @returns The open file, which the caller closes.
 * @throws {DariError} `configuration` when it is not a regular file (but a symbolic link, a directory,
 * a FIFO), or others can write it.
 * @throws {Error} What the system says when it cannot be opened.
 */
export async function openOwnFile(
  path: string,
  { create = true }: OwnFileOptions = {},
): Promise<Deno.FsFile> {
  try {
    // First of all, so that a FIFO is never opened: a server would wait for its other end.
    checkIsFile(path, await Deno.lstat(path));
  } catch (error) {
    if (!(create && error instanceof Deno.errors.NotFound)) throw error;
  }
  const file = await Deno.open(path, { read: true, write: true, create, mode: 0o600 });
  try {
    checkAccess(await file.stat(), { path, isSecret: false, owners: undefined });
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}
