/**
 * Writes files so that they are complete or absent, and reads secrets that only their owner can
 * read.
 *
 * @module
 */

import { DariError } from "../errors.ts";
import { checkAccess, checkIsFile, octal, ownUid, readOpened } from "./file_access.ts";
import { reasonOf } from "./reason.ts";
import { finishReplacement } from "./replace_directory.ts";
import { temporaryFor } from "./temporary_files.ts";
import { limits } from "../limits.ts";

export { reasonOf } from "./reason.ts";

const SECRET_MODE = 0o600;
const PRIVATE_DIRECTORY_MODE = 0o700;

/** The user that can replace every file anyway. */
const ROOT = 0;
const TEMPORARY_DIRECTORY = "/tmp";

/** How {@linkcode writeFileAtomic} writes. */
export interface WriteOptions {
  /**
   * The file's mode, whatever the umask.
   *
   * @default {0o600}
   */
  mode?: number;
  /**
   * Throw `already_exists` if the file exists, instead of replacing it.
   *
   * @default {false}
   */
  createNew?: boolean;
}

/**
 * Writes a file so that a reader sees the old content or the new one, also after a crash: it writes
 * a temporary file in the same directory, syncs it, renames it (or links it, for `createNew`), and
 * syncs the directory.
 *
 * @param path The file.
 * @param content Its whole content.
 * @param options Mode, and whether it may replace a file.
 * @throws {DariError} `already_exists` with `createNew`, `io` when the file cannot be written.
 */
export async function writeFileAtomic(
  path: string,
  content: Uint8Array | string,
  options: WriteOptions = {},
): Promise<void> {
  const { mode = SECRET_MODE, createNew = false } = options;
  if (createNew) return await writeNewFiles([{ path, content, mode }]);
  const temporary = temporaryFor(path);
  try {
    await stage(temporary, content, mode);
    await Deno.rename(temporary, path);
    await syncDirectory(directoryOf(path));
  } catch (cause) {
    await Deno.remove(temporary).catch(() => {});
    throw new DariError("io", `Cannot write "${path}": ${reasonOf(cause)}`, { cause });
  }
}

/** A file that must not exist yet. */
export interface NewFile {
  /** Its path. */
  readonly path: string;
  /** Its whole content. */
  readonly content: Uint8Array | string;
  /** Its mode, whatever the umask. @default {0o600} */
  readonly mode?: number;
}

/**
 * Writes several new files, all or none: their contents are on the disk before the first of them gets
 * its name, so that next to nothing happens between the first name and the last.
 *
 * @param files The files.
 * @throws {DariError} `already_exists` when there is one already, `io` when one cannot be written.
 */
export async function writeNewFiles(files: readonly NewFile[]): Promise<void> {
  const staged: string[] = [];
  const named: string[] = [];
  let current = "";
  try {
    for (const { path, content, mode = SECRET_MODE } of files) {
      current = path;
      staged.push(temporaryFor(path));
      await stage(staged.at(-1)!, content, mode);
    }
    for (const [i, { path }] of files.entries()) {
      current = path;
      await Deno.link(staged[i]!, path);
      named.push(path);
    }
    for (const path of named) await syncDirectory(directoryOf(path));
  } catch (cause) {
    for (const path of named) await Deno.remove(path).catch(() => {});
    if (cause instanceof Deno.errors.AlreadyExists) {
      throw new DariError("already_exists", `"${current}" exists already; it was left as it is`, {
        cause,
      });
    }
    throw new DariError("io", `Cannot write "${current}": ${reasonOf(cause)}`, { cause });
  } finally {
    for (const path of staged) await Deno.remove(path).catch(() => {});
  }
}

/** Writes and syncs a file under a name that no other process uses. */
async function stage(path: string, content: Uint8Array | string, mode: number): Promise<void> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  using file = await Deno.open(path, { write: true, createNew: true, mode: SECRET_MODE });
  for (let sent = 0; sent < bytes.length;) sent += await file.write(bytes.subarray(sent));
  await file.sync();
  await Deno.chmod(path, mode);
}

/**
 * Reads a secret that dari wrote, in a directory of its own.
 *
 * @param path The file.
 * @returns Its text.
 * @throws {DariError} `not_found` if there is no file; `configuration` if it is not a regular file
 * (but a symbolic link, a directory, a FIFO), if it belongs to another user, or if users other than
 * its owner can read or write it; `data` if it is too large; `io` if reading fails.
 */
export async function readSecretFile(path: string): Promise<string> {
  return await readChecked(path, Deno.lstat, { isSecret: true });
}

/**
 * Reads a secret from a file that the user names. It may be a symbolic link, as certbot and Kubernetes
 * make them, and may belong to root: what counts is the file that it leads to.
 *
 * @param path The file, or a link to it.
 * @returns Its text.
 * @throws {DariError} As {@linkcode readSecretFile}, but for the link and for root's file.
 */
export async function readNamedSecretFile(path: string): Promise<string> {
  return await readChecked(path, Deno.stat, { isSecret: true, owners: "named" });
}

/**
 * Reads a file that dari wrote in a directory of its own, and that others may read.
 *
 * @param path The file.
 * @returns Its text.
 * @throws {DariError} As {@linkcode readSecretFile}, but that others may read it.
 */
export async function readOwnFile(path: string): Promise<string> {
  return await readChecked(path, Deno.lstat, { isSecret: false });
}

/**
 * Reads a file that decides something, such as who may call what, and that a user wrote. It may be a
 * symbolic link, as Kubernetes makes them, and belong to anybody: its directory is checked elsewhere.
 *
 * @param path The file, or a link to it.
 * @returns Its text.
 * @throws {DariError} As {@linkcode readOwnFile}, but for the link and the owner.
 */
export async function readWrittenFile(path: string): Promise<string> {
  return await readChecked(path, Deno.stat, { isSecret: false, owners: "any" });
}

/** Who a file may belong to: this user, also root as the user has named it, or anybody. */
type Owners = "own" | "named" | "any";

async function readChecked(
  path: string,
  look: typeof Deno.stat,
  { isSecret, owners: who = "own" }: { isSecret: boolean; owners?: Owners },
): Promise<string> {
  try {
    // First of all, so that a FIFO is never opened: opening one waits for a writer.
    checkIsFile(path, await look(path));
    // Nothing is put beside a file of the user's, not even for a moment.
    const uid = await ownUid(who === "own" ? directoryOf(path) : TEMPORARY_DIRECTORY);
    using file = await Deno.open(path, { read: true });
    const status = await file.stat(); // of what was opened, whatever the path names by now
    const owners = uid === undefined || who === "any"
      ? undefined
      : who === "named"
      ? [uid, ROOT]
      : [uid];
    checkAccess(status, { path, isSecret, owners });
    if (status.size > limits.maxPemLength) {
      throw new DariError("data", `"${path}" is too large (${status.size} bytes)`);
    }
    return new TextDecoder().decode(await readOpened(file, status.size));
  } catch (cause) {
    if (cause instanceof DariError) throw cause;
    if (cause instanceof Deno.errors.NotFound) {
      throw new DariError("not_found", `There is no file "${path}"`, { cause });
    }
    throw new DariError("io", `Cannot read "${path}": ${reasonOf(cause)}`, { cause });
  }
}

/**
 * Reads a text file that holds no secret.
 *
 * @param path The file, or a link to it.
 * @returns Its text.
 * @throws {DariError} `io` if it cannot be read, `configuration` if it is not a regular file, `data`
 * if it is larger than the longest PEM file.
 */
export async function readPublicFile(path: string): Promise<string> {
  try {
    const status = await Deno.stat(path);
    // Opening a FIFO would wait for a writer.
    if (!status.isFile) throw new DariError("configuration", `"${path}" is not a regular file`);
    if (status.size > limits.maxPemLength) throw new DariError("data", `"${path}" is too large`);
    return await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof DariError) throw cause;
    throw new DariError("io", `Cannot read "${path}": ${reasonOf(cause)}`, { cause });
  }
}

/**
 * Makes sure that a directory exists, and that nobody but this user can use it (mode 0700, whatever
 * the umask).
 *
 * @param path The directory; missing parents are made with it.
 * @throws {DariError} `configuration` if the path is not a directory, or other users own it or can use
 * it; `io` if it cannot be made.
 */
export async function ensurePrivateDirectory(path: string): Promise<void> {
  if (await checkPrivateDirectory(path)) return;
  // A restore that was cut has moved the old directory away, and the new one waits.
  if (await finishReplacement(path)) return;
  try {
    await Deno.mkdir(path, { recursive: true, mode: PRIVATE_DIRECTORY_MODE });
    await Deno.chmod(path, PRIVATE_DIRECTORY_MODE);
  } catch (cause) {
    throw new DariError("io", `Cannot make directory "${path}": ${reasonOf(cause)}`, { cause });
  }
}

/**
 * Refuses a directory that other users own or can use.
 *
 * @param path The directory.
 * @returns Whether there is one.
 * @throws {DariError} As {@linkcode ensurePrivateDirectory}.
 */
export async function checkPrivateDirectory(path: string): Promise<boolean> {
  try {
    const status = await Deno.stat(path);
    if (!status.isDirectory) {
      throw new DariError("configuration", `"${path}" is not a directory; name another one`);
    }
    const mode = (status.mode ?? PRIVATE_DIRECTORY_MODE) & 0o777;
    if (Deno.build.os !== "windows" && (mode & 0o077) !== 0) {
      throw new DariError(
        "configuration",
        `Directory "${path}" is open to others (mode ${octal(mode)}); run chmod 700 "${path}"`,
      );
    }
    const uid = await ownUid(path);
    checkAccess(status, { path, isSecret: false, owners: uid === undefined ? undefined : [uid] });
    return true;
  } catch (cause) {
    if (cause instanceof DariError) throw cause;
    if (cause instanceof Deno.errors.NotFound) return false;
    throw new DariError("io", `Cannot use directory "${path}": ${reasonOf(cause)}`, { cause });
  }
}

/**
 * Makes what was done to the names in a directory durable.
 *
 * @param path The directory.
 */
export async function syncDirectory(path: string): Promise<void> {
  if (Deno.build.os === "windows") return; // a directory cannot be opened there
  using directory = await Deno.open(path, { read: true });
  await directory.sync();
}

/**
 * The directory that a path lies in.
 *
 * @param path A path.
 * @returns Its directory; `.` for a bare name.
 */
export function directoryOf(path: string): string {
  const end = path.lastIndexOf("/");
  return end < 0 ? "." : end === 0 ? "/" : path.slice(0, end);
}
