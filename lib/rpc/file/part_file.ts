/**
 * Files that have not arrived completely: `PATH.part`.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { closeLocked } from "../../base/file/close_locked.ts";
import { checkAccess, checkIsFile, ownUid } from "../../base/file/file_access.ts";
import { directoryOf, reasonOf, syncDirectory } from "../../base/file/files.ts";
import type { Sha256 } from "../../base/file/sha256.ts";
import { limits } from "../../base/limits.ts";
import { baseName } from "./base_name.ts";

const MODE = 0o600;

/**
 * What has arrived of a file, under the name `PATH.part`, that only its owner can read. One process at a
 * time writes it. It stays where the rest does not come, so that the next try goes on from there.
 */
export class PartFile implements Disposable {
  readonly #path: string;
  /** Opened by `open`; `[Symbol.dispose]` closes it, and with it ends the lock. */
  readonly #file: Deno.FsFile;
  #length: number;

  private constructor(path: string, file: Deno.FsFile, length: number) {
    this.#path = path;
    this.#file = file;
    this.#length = length;
  }

  /**
   * Opens what has arrived of a file, or begins with nothing.
   *
   * @param path The file that it will be.
   * @param size How long it will be; a longer part is of another file, and begins again.
   * @throws {DariError} `unavailable` while somebody else writes it; `configuration` if it is not a
   * regular file of this user that others cannot change; `io` if it cannot be opened.
   */
  static async open(path: string, size: number): Promise<PartFile> {
    const file = await attempt(path, () => openOwn(`${path}.part`));
    try {
      await attempt(path, () => lock(file, path));
      const { size: kept } = await file.stat();
      if (kept > size) await attempt(path, () => file.truncate(0));
      return new PartFile(path, file, kept > size ? 0 : kept);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** How many bytes it has. */
  get length(): number {
    return this.#length;
  }

  /**
   * Reads what was there when it was opened; what is written afterwards follows it.
   *
   * @param hash Takes the bytes.
   * @param signal Ends it.
   */
  async addTo(hash: Sha256, signal: AbortSignal | undefined): Promise<void> {
    const bytes = new Uint8Array(limits.streamChunkBytes);
    await attempt(this.#path, async () => {
      await this.#file.seek(0, Deno.SeekMode.Start);
      for (let left = this.#length; left > 0;) {
        signal?.throwIfAborted();
        const length = await this.#file.read(bytes.subarray(0, Math.min(left, bytes.length)));
        if (length === null) throw new Error("somebody cut it");
        hash.update(bytes.subarray(0, length));
        left -= length;
      }
    });
  }

  /** Writes more. */
  async write(bytes: Uint8Array): Promise<void> {
    await attempt(this.#path, async () => {
      for (let sent = 0; sent < bytes.length;) {
        sent += await this.#file.write(bytes.subarray(sent));
      }
    });
    this.#length += bytes.length;
  }

  /**
   * Gives it its name, once it is on the disk.
   *
   * @param overwrite Whether it may replace a file.
   * @throws {DariError} `already_exists` where it may not, and there is one.
   */
  async finish(overwrite: boolean): Promise<void> {
    const path = this.#path;
    await attempt(path, async () => {
      await this.#file.sync();
      if (overwrite) await Deno.rename(`${path}.part`, path);
      else {
        await Deno.link(`${path}.part`, path);
        await Deno.remove(`${path}.part`);
      }
      await syncDirectory(directoryOf(path));
    });
  }

  /** Removes it: what it holds is of no use. */
  async remove(): Promise<void> {
    await attempt(this.#path, () => Deno.remove(`${this.#path}.part`));
  }

  [Symbol.dispose](): void {
    closeLocked(this.#file);
  }
}

/**
 * Refuses to save where there is a file already.
 *
 * @param path The file.
 * @throws {DariError} `already_exists`.
 */
export async function refuseExisting(path: string): Promise<void> {
  await attempt(path, async () => {
    try {
      await Deno.lstat(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      throw error;
    }
    throw alreadyExists(path);
  });
}

/** Opens a file of this user, or makes it; a link that somebody put there is not followed. */
async function openOwn(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { read: true, write: true, createNew: true, mode: MODE });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
  const named = await Deno.lstat(path);
  checkIsFile(path, named);
  const uid = await ownUid(directoryOf(path));
  checkAccess(named, { path, isSecret: false, owners: uid === undefined ? undefined : [uid] });
  const file = await Deno.open(path, { read: true, write: true });
  if (await isNamed(file, path)) return file;
  file.close();
  throw inUse(path);
}

/** The last owner of the lock may have renamed the file meanwhile, or removed it. */
async function lock(file: Deno.FsFile, path: string): Promise<void> {
  if (!await file.tryLock(true) || !await isNamed(file, `${path}.part`)) throw inUse(path);
}

async function isNamed(file: Deno.FsFile, path: string): Promise<boolean> {
  const [opened, named] = await Promise.all([file.stat(), Deno.lstat(path).catch(() => undefined)]);
  return named !== undefined && named.ino === opened.ino && named.dev === opened.dev;
}

async function attempt<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    if (cause instanceof DariError || cause instanceof DOMException) throw cause;
    if (cause instanceof Deno.errors.AlreadyExists) throw alreadyExists(path);
    throw new DariError("io", `Cannot write "${path}": ${reasonOf(cause)}`, { cause });
  }
}

// A peer may read these two: they name no folder.

function alreadyExists(path: string): DariError {
  const name = JSON.stringify(baseName(path));
  return new DariError("already_exists", `${name} exists already; it was left as it is`);
}

function inUse(path: string): DariError {
  const name = JSON.stringify(baseName(path));
  return new DariError("unavailable", `${name} is being received by another call; try again later`);
}
