/**
 * Writes files so that they are complete or absent, and reads secrets that only their owner can
 * read.
 *
 * @module
 */

import { DariError } from "./errors.ts";
import { limits } from "./limits.ts";

const SECRET_MODE = 0o600;
const PRIVATE_DIRECTORY_MODE = 0o700;

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
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    using file = await Deno.open(temporary, { write: true, createNew: true, mode: SECRET_MODE });
    for (let sent = 0; sent < bytes.length;) sent += await file.write(bytes.subarray(sent));
    await file.sync();
    await Deno.chmod(temporary, mode);
    if (createNew) {
      await Deno.link(temporary, path);
      await Deno.remove(temporary);
    } else {
      await Deno.rename(temporary, path);
    }
    await syncDirectory(directoryOf(path));
  } catch (cause) {
    await Deno.remove(temporary).catch(() => {});
    if (createNew && cause instanceof Deno.errors.AlreadyExists) {
      throw new DariError("already_exists", `"${path}" exists already; it was left as it is`, {
        cause,
      });
    }
    throw new DariError("io", `Cannot write "${path}": ${reasonOf(cause)}`, { cause });
  }
}

/**
 * Reads a file that holds a secret.
 *
 * @param path The file.
 * @returns Its text.
 * @throws {DariError} `not_found` if there is no file; `configuration` if it is not a regular file
 * (but a symbolic link, a directory, a FIFO), or if users other than its owner can read or write it;
 * `io` if reading fails.
 */
export async function readSecretFile(path: string): Promise<string> {
  let status: Deno.FileInfo;
  try {
    // lstat, so that a FIFO is never opened: opening one waits for a writer.
    status = await Deno.lstat(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) {
      throw new DariError("not_found", `There is no file "${path}"`, { cause });
    }
    throw new DariError("io", `Cannot read "${path}": ${reasonOf(cause)}`, { cause });
  }
  if (!status.isFile) {
    const kind = status.isSymlink
      ? "a symbolic link"
      : status.isDirectory
      ? "a directory"
      : "not a file";
    throw new DariError(
      "configuration",
      `Cannot read secret "${path}": it is ${kind}; name the file itself`,
    );
  }
  const mode = (status.mode ?? SECRET_MODE) & 0o777;
  if (Deno.build.os !== "windows" && (mode & 0o077) !== 0) {
    throw new DariError(
      "configuration",
      `Cannot read secret "${path}": others can use it (mode ${
        octal(mode)
      }); run chmod 600 "${path}"`,
    );
  }
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
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
 * Makes sure that a directory exists and that only its owner can use it (mode 0700, whatever the
 * umask).
 *
 * @param path The directory; missing parents are made with it.
 * @throws {DariError} `configuration` if the path is not a directory or other users can use it, `io`
 * if it cannot be made.
 */
export async function ensurePrivateDirectory(path: string): Promise<void> {
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
  } catch (cause) {
    if (cause instanceof DariError) throw cause;
    if (!(cause instanceof Deno.errors.NotFound)) {
      throw new DariError("io", `Cannot use directory "${path}": ${reasonOf(cause)}`, { cause });
    }
    try {
      await Deno.mkdir(path, { recursive: true, mode: PRIVATE_DIRECTORY_MODE });
      await Deno.chmod(path, PRIVATE_DIRECTORY_MODE);
    } catch (cause) {
      throw new DariError("io", `Cannot make directory "${path}": ${reasonOf(cause)}`, { cause });
    }
  }
}

/**
 * The reason of a file system error in a few words.
 *
 * @param cause What Deno threw.
 * @returns For instance `permission denied`; never a stack.
 */
export function reasonOf(cause: unknown): string {
  if (cause instanceof Deno.errors.NotFound) return "no such file or directory";
  if (cause instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (cause instanceof Deno.errors.NotCapable) return `${cause.message}`;
  if (cause instanceof Deno.errors.AlreadyExists) return "it exists already";
  return cause instanceof Error ? cause.message : String(cause);
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

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}
