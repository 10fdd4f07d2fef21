/**
 * The file of a store in use: SQLite goes on reading a file that was removed or replaced, and would
 * never see what other processes write to the new one.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/files.ts";

/** Remembers which file a store is in. */
export class StoreFile {
  readonly #path: string;
  /** The file that was there when it was first looked at. */
  #inode: number | null | undefined;

  /** @param path Where the file is; it need not exist yet. */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Refuses a file that is not the one of before.
   *
   * @throws {DariError} `io` when it was removed or replaced, or cannot be looked at.
   */
  async check(): Promise<void> {
    let inode: number | null | undefined;
    try {
      inode = (await Deno.lstat(this.#path)).ino;
    } catch (cause) {
      if (!(cause instanceof Deno.errors.NotFound)) {
        throw new DariError("io", `Cannot look at "${this.#path}": ${reasonOf(cause)}`, { cause });
      }
    }
    this.#inode ??= inode;
    if (inode === this.#inode) return;
    throw new DariError(
      "io",
      `The store "${this.#path}" was removed or replaced while in use; stop the program and restore ` +
        "the file from a backup",
    );
  }
}
