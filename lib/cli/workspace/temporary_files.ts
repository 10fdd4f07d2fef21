/**
 * Temporary files that a program left behind when it was killed while it wrote.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";

/** `NAME.UUID.tmp`, as atomic writes name theirs; SQLite's journal of a new store stands beside. */
const TEMPORARY = /\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp(?:-wal|-shm|-journal)?$/;

/**
 * Removes the temporary files of a directory that are so old that nobody writes them any more. A key
 * without a certificate stays: it may wait for the answer to its request.
 *
 * @param directory The directory.
 * @param nowMs The time, in milliseconds since the epoch.
 * @returns The names of the files that were removed.
 */
export async function sweepTemporaryFiles(
  directory: string,
  nowMs: number = Date.now(),
): Promise<string[]> {
  const removed: string[] = [];
  for await (const { name, isFile } of Deno.readDir(directory)) {
    if (!isFile || !TEMPORARY.test(name)) continue;
    const path = `${directory}/${name}`;
    try {
      const { mtime } = await Deno.lstat(path);
      if (mtime === null || nowMs - mtime.getTime() <= limits.temporaryFileLifeMs) continue;
      await Deno.remove(path);
      removed.push(name);
    } catch {
      // Another program was faster, or it may not be removed: nothing depends on it.
    }
  }
  return removed;
}
