/**
 * Temporary files: where one is written before it gets its name, and those that a killed process has
 * left behind.
 *
 * @module
 */

import { ownUid } from "./file_access.ts";
import { limits } from "../limits.ts";

/** The end of such a name; SQLite puts files of its own beside the one of a new store. */
const ENDING =
  /(^|\.)[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\.tmp(-journal|-shm|-wal)?$/;

/**
 * A name beside a file, under which its new content is written.
 *
 * @param path The file.
 */
export function temporaryFor(path: string): string {
  return `${path}.${crypto.randomUUID()}.tmp`;
}

/**
 * Removes the temporary files that processes of this user have left behind when they were killed: those
 * with a name of {@linkcode temporaryFor} that have not changed for `limits.temporaryFileLifeMs`.
 *
 * @param directory The directory; nothing happens where it cannot be read.
 * @param options The time in milliseconds since the epoch, and how the names must begin.
 */
export async function sweepTemporaries(
  directory: string,
  { nowMs, prefix = "" }: { readonly nowMs: number; readonly prefix?: string },
): Promise<void> {
  try {
    const uid = await ownUid(directory);
    for await (const { name, isFile } of Deno.readDir(directory)) {
      if (!isFile || !name.startsWith(prefix) || !ENDING.test(name)) continue;
      const path = `${directory}/${name}`;
      const status = await Deno.lstat(path);
      const isOwn = uid === undefined || status.uid === uid;
      const changedMs = status.mtime?.getTime() ?? nowMs;
      if (isOwn && nowMs - changedMs > limits.temporaryFileLifeMs) await Deno.remove(path);
    }
  } catch {
    // A file that stays hurts nobody, and the next use of the directory says what is wrong with it.
  }
}
