/**
 * Closing a file whose lock another program may be waiting to try.
 *
 * @module
 */

/**
 * Unlocks a file and closes it. Closing alone gives a lock free only when every copy of the file is
 * closed: a program that is being started holds copies of all open files for a moment (`flock(2)`).
 *
 * @param file The file, which this program has locked.
 *
 * @example
 * ```ts ignore
 * const file = await Deno.open("server.lock", { read: true, write: true, create: true });
 * if (await file.tryLock(true)) closeLocked(file);
 * ```
 */
export function closeLocked(file: Deno.FsFile): void {
  try {
    file.unlockSync();
  } catch {
    // A file system without locks has nothing to unlock.
  }
  file.close();
}
