/**
 * The files of a log: opening one safely, and putting one aside.
 *
 * @module
 */

import { DariError } from "../base/errors.ts";
import { checkAccess, checkIsFile, ownUid } from "../base/file/file_access.ts";
import { directoryOf } from "../base/file/files.ts";
import { reasonOf } from "../base/file/reason.ts";

const MODE = 0o600;
const LF = 0x0a;
/** What a log begins with: an object of JSON, or the time of a line of text. */
const BEGINNING = /^(?:\{"time":"|\d{4}-\d\d-\d\dT)/;
const BEGINNING_LENGTH = '{"time":"'.length + 4;

/** What tells one file from another. */
type Identity = Pick<Deno.FileInfo, "dev" | "ino">;

/**
 * Whether two looks were at one file.
 *
 * @param a One.
 * @param b The other.
 */
export function isSameFile(a: Identity, b: Identity): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

/**
 * What a path names; a link is not followed.
 *
 * @param path The path.
 * @returns `undefined` where it names nothing, and where that cannot be told.
 */
export async function lookAt(path: string): Promise<Deno.FileInfo | undefined> {
  return await Deno.lstat(path).catch(() => undefined);
}

/**
 * Opens a log for lines at its end, as the only program that writes to it. A new one has mode 0600,
 * and an old one gets it.
 *
 * @param path The file.
 * @returns The file; a part of a line at its end, from a program that was killed, is a line by now.
 * @throws {DariError} `configuration` where something else than a log of this user stands there,
 * `failed_precondition` where another program writes to it, `io` where it cannot be opened.
 */
export async function openLogFile(path: string): Promise<Deno.FsFile> {
  const before = await lookAt(path);
  // A link may lead to a file of somebody else's choice, and a FIFO would wait for its reader.
  if (before !== undefined) checkIsFile(path, before);
  let file: Deno.FsFile | undefined;
  try {
    file = await Deno.open(path, { read: true, append: true, create: true, mode: MODE });
    await checkLog(path, file);
    return file;
  } catch (cause) {
    file?.close();
    if (cause instanceof DariError) throw cause;
    throw new DariError("io", `Cannot open the log file "${path}": ${reasonOf(cause)}`, { cause });
  }
}

async function checkLog(path: string, file: Deno.FsFile): Promise<void> {
  const status = await file.stat();
  const named = await Deno.lstat(path);
  checkIsFile(path, named);
  if (!isSameFile(status, named)) {
    throw new DariError("io", `"${path}" was replaced while it was opened; try again`);
  }
  const uid = await ownUid(directoryOf(path));
  checkAccess({ ...status, mode: null }, {
    ...{ path, isSecret: false },
    owners: uid === undefined ? undefined : [uid],
  });
  if (!await file.tryLock(true)) {
    throw new DariError(
      "failed_precondition",
      `Another program writes to the log file "${path}"; name another file`,
    );
  }
  if (status.size > 0) await checkText(path, file, status.size);
  if (Deno.build.os !== "windows") await Deno.chmod(path, MODE);
}

/** Refuses a file that is no log, such as a key that was named by mistake. */
async function checkText(path: string, file: Deno.FsFile, size: number): Promise<void> {
  const head = new Uint8Array(Math.min(size, BEGINNING_LENGTH));
  await file.read(head);
  if (!BEGINNING.test(new TextDecoder().decode(head))) {
    throw new DariError(
      "configuration",
      `"${path}" holds something else than a log of dari; name another file`,
    );
  }
  const last = new Uint8Array(1);
  await file.seek(size - 1, Deno.SeekMode.Start);
  await file.read(last);
  if (last[0] !== LF) await file.write(Uint8Array.of(LF));
}

/**
 * Puts a log aside: FILE becomes FILE.1, and each number becomes the next one, up to a free number or
 * the last that is kept. Where that ends in between, each file still has a name of its own.
 *
 * @param path The file.
 * @param keep How many are kept; the oldest gives way.
 */
export async function putAside(path: string, keep: number): Promise<void> {
  let free = 1;
  while (free < keep && await lookAt(`${path}.${free}`) !== undefined) free++;
  for (let to = free; to > 1; to--) await Deno.rename(`${path}.${to - 1}`, `${path}.${to}`);
  await Deno.rename(path, `${path}.1`);
}
