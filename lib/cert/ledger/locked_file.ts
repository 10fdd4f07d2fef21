/**
 * Files that several processes replace: whoever has the lock reads what is there and is the only one
 * to replace it.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/files.ts";
import { readOpened } from "../../base/file/file_access.ts";

/** A file that no other process can lock until it is closed. */
export interface LockedFile extends Disposable {
  /** Its content. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Waits for the lock of a file and reads the file. The end of the process lets go of the lock too.
 *
 * @param path The file; a symbolic link is refused.
 * @returns The content; disposing it unlocks.
 * @throws {DariError} `configuration` when it is not a regular file, `io` when it cannot be read and
 * written; the cause says whether there is none.
 */
export async function lockFile(path: string): Promise<LockedFile> {
  try {
    for (;;) {
      const { isFile } = await Deno.lstat(path);
      if (!isFile) throw new DariError("configuration", `"${path}" is not a regular file`);
      const file = await lockThis(path);
      if (file !== null) return file;
    }
  } catch (cause) {
    if (cause instanceof DariError) throw cause;
    throw new DariError("io", `Cannot use "${path}": ${reasonOf(cause)}`, { cause });
  }
}

/** `null` where the path names another file by the time that this one is locked. */
async function lockThis(path: string): Promise<LockedFile | null> {
  const file = await Deno.open(path, { read: true, write: true });
  let isKept = false;
  try {
    await file.lock(true); // released when the file is closed
    const { ino, size } = await file.stat();
    if ((await Deno.lstat(path)).ino !== ino) return null;
    const bytes = await readOpened(file, size);
    isKept = true;
    return { bytes, [Symbol.dispose]: () => file.close() };
  } finally {
    if (!isKept) file.close();
  }
}
