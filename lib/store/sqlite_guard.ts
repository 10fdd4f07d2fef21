/**
 * The guard of a store's file: it notices a state that is older than what was acknowledged, and a
 * file that another one has replaced while it is open.
 *
 * @module
 */

import { DariError } from "../base/errors.ts";
import { reasonOf } from "../base/file/files.ts";
import { openOwnFile } from "../base/file/own_file.ts";

/** Digits of the revision in its file: one write of a fixed length is never seen in halves. */
const { length: WIDTH } = String(Number.MAX_SAFE_INTEGER);

/**
 * The file beside the store that holds its last acknowledged revision.
 *
 * @param path The store's file.
 * @returns The path of the revision's file.
 */
export function revisionFileOf(path: string): string {
  return `${path}-revision`;
}

/**
 * Watches over one open store.
 *
 * The revision is kept beside the database as well, written once a commit is on disk. A database that is
 * behind it has lost acknowledged writes: its journal is missing, or an older copy took its place.
 * What was revoked since would be valid again.
 */
export class StoreGuard implements Disposable {
  readonly #path: string;
  /** Opened by {@linkcode StoreGuard.open}, closed by disposing. */
  readonly #file: Deno.FsFile;
  readonly #inode: number | null;
  /** The newest revision that this guard has written. */
  #acknowledged = 0;

  private constructor(path: string, file: Deno.FsFile, inode: number | null) {
    this.#path = path;
    this.#file = file;
    this.#inode = inode;
  }

  /**
   * Begins to watch over a store that was just opened.
   *
   * @param path The store's file.
   * @param revisionOf Reads the revision of the open database.
   * @returns The guard.
   * @throws {DariError} `data` when the database is older than what was acknowledged; `configuration`
   * when others can change the file of the revision, `io` when it cannot be used.
   */
  static async open(path: string, revisionOf: () => Promise<number>): Promise<StoreGuard> {
    const name = revisionFileOf(path);
    let file: Deno.FsFile | undefined;
    try {
      file = await openOwnFile(name);
      // Before the database, which other processes may take further meanwhile.
      const acknowledged = readRevision(file);
      const revision = await revisionOf();
      if (revision < acknowledged) throw olderStore(path, revision, acknowledged);
      return new StoreGuard(path, file, (await Deno.stat(path)).ino);
    } catch (cause) {
      file?.close();
      if (cause instanceof DariError) throw cause;
      throw new DariError("io", `Cannot use "${name}": ${reasonOf(cause)}`, { cause });
    }
  }

  /**
   * Says whether the store's file is still the one that is open.
   *
   * @returns The error of a store that was removed or replaced; `undefined` where it was not.
   */
  lost(): DariError | undefined {
    try {
      if (Deno.statSync(this.#path).ino === this.#inode) return undefined;
    } catch (error) {
      // A file that cannot be looked at is not known to be another one.
      if (!(error instanceof Deno.errors.NotFound)) return undefined;
    }
    return new DariError(
      "data",
      `Store "${this.#path}" was removed or replaced while it was in use; nothing more is written ` +
        "to the old one. Put the right file there and start again",
    );
  }

  /**
   * Writes the revision down, unless a newer one stands there.
   *
   * @param revision The revision of a commit that is on disk.
   */
  acknowledge(revision: number): void {
    if (revision <= this.#acknowledged) return;
    this.#acknowledged = revision;
    try {
      this.#file.seekSync(0, Deno.SeekMode.Start);
      this.#file.writeSync(new TextEncoder().encode(String(revision).padStart(WIDTH, "0")));
    } catch {
      // The write itself has happened. With an older revision the guard only notices less.
    }
  }

  /** Ends the watch. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** The revision in the file; 0 where it is new, or not a number. */
function readRevision(file: Deno.FsFile): number {
  const bytes = new Uint8Array(WIDTH);
  const length = file.readSync(bytes) ?? 0;
  const text = new TextDecoder().decode(bytes.subarray(0, length));
  return /^\d+$/.test(text) ? Number(text) : 0;
}

function olderStore(path: string, revision: number, acknowledged: number): DariError {
  return new DariError(
    "data",
    `Store "${path}" has lost writes: it is at change ${revision}, and change ${acknowledged} was ` +
      `acknowledged. Its journal "${path}-wal" is missing, or an older copy took its place, so what ` +
      "was revoked since would be valid again. Put the journal back or restore the newest backup; " +
      `to go on with this state, remove "${revisionFileOf(path)}"`,
  );
}
