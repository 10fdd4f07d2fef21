/**
 * Errors of SQLite, as errors of dari.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/files.ts";
import { temporaryFor } from "../../base/file/temporary_files.ts";
import { limits } from "../../base/limits.ts";

const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

/**
 * A write, a sync, a new length, and what the processes of a store share that cannot be made, grow or be
 * mapped: the disk is full (https://sqlite.org/rescode.html#ioerr_shmsize).
 */
const OF_WRITES: readonly number[] = [3, 4, 6, 18, 19, 21].map((n) => SQLITE_IOERR | n << 8);

/** Too big, a constraint, a type that does not fit, a parameter out of range. */
const OF_STATEMENTS: readonly number[] = [18, 19, 20, 25];

/** The least that the processes of a store share: SQLite's file beside it grows in such steps. */
const SHARED_BYTES = 32 * 1_024;

/** Some errors have no code, but SQLite's fixed text for it (sqlite3_errstr), and then maybe a path. */
const CODES: Readonly<Record<string, number>> = {
  "database is locked": SQLITE_BUSY,
  "attempt to write a readonly database": SQLITE_READONLY,
  "database disk image is malformed": SQLITE_CORRUPT,
  "unable to open database file": SQLITE_CANTOPEN,
  "file is not a database": SQLITE_NOTADB,
};

/**
 * Says whether another connection holds the file, so that the same work may succeed a moment later.
 *
 * @param error What node:sqlite threw.
 * @returns Whether it is busy.
 */
export function isBusy(error: unknown): boolean {
  return codeOf(error) === SQLITE_BUSY;
}

/**
 * Says whether a statement failed by what it was given: the same fails in every file that has the same
 * rows.
 *
 * @param error What was thrown while statements were made and run.
 * @returns Whether it is so; false for what a file, a disk or a machine is to blame for.
 */
export function isOfStatement(error: unknown): boolean {
  const { errcode } = error as { errcode?: number };
  if (errcode !== undefined) return OF_STATEMENTS.includes(errcode & 0xff);
  return error instanceof TypeError || error instanceof RangeError;
}

/**
 * Says whether the file has something in it that SQLite did not write.
 *
 * @param error What node:sqlite threw.
 * @returns Whether it is damaged.
 */
export function isDamaged(error: unknown): boolean {
  return [SQLITE_CORRUPT, SQLITE_NOTADB].includes(codeOf(error));
}

/**
 * Says whether SQLite could not write to the file, or to its log beside it, which it also makes to read.
 *
 * @param error What node:sqlite threw.
 * @returns Whether it is so.
 */
export function isUnwritable(error: unknown): boolean {
  const { errcode = 0 } = error as { errcode?: number };
  return [SQLITE_READONLY, SQLITE_CANTOPEN].includes(codeOf(error)) || OF_WRITES.includes(errcode);
}

/**
 * Turns an error of SQLite into one of dari.
 *
 * @param cause What node:sqlite threw.
 * @param path The store's file.
 * @returns `unavailable` when another process held the file for too long, `data` when the file is
 * damaged, and `io` otherwise.
 */
export function storeError(cause: unknown, path: string): DariError {
  if (isBusy(cause)) return busyStore(cause);
  if (isDamaged(cause)) return damagedStore(path, cause);
  const found = isUnwritable(cause) ? failureOfWrite(path) : cause;
  const reason = found === undefined
    ? "no files can be made beside it; it is not damaged: make its directory writable, and look at " +
      "the limit of open files"
    : reasonOf(found);
  return new DariError("io", `Cannot use store "${path}": ${reason}`, { cause: found ?? cause });
}

/**
 * What the system says of a write: SQLite writes to each store that it opens, and makes files beside it,
 * and says only that it cannot.
 */
function failureOfWrite(path: string): unknown {
  const probe = temporaryFor(path);
  try {
    Deno.openSync(path, { write: true }).close();
    Deno.writeFileSync(probe, new Uint8Array(SHARED_BYTES), { createNew: true, mode: 0o600 });
  } catch (cause) {
    return cause;
  } finally {
    try {
      Deno.removeSync(probe);
    } catch {
      // There is none: it could not be made.
    }
  }
}

/**
 * The error of a store that is busy. Its message may reach clients, so it has no path.
 *
 * @param cause What node:sqlite threw, where there is something.
 * @returns `unavailable`, which says when to try again.
 */
export function busyStore(cause?: unknown): DariError {
  return new DariError(
    "unavailable",
    "The store is busy with the writes of another process; try again",
    { cause, retryAfterMs: limits.storeRetryAfterMs },
  );
}

/**
 * The error of a file that is damaged.
 *
 * @param path The store's file.
 * @param cause What node:sqlite threw, where there is something.
 * @returns `data`, with what to do.
 */
export function damagedStore(path: string, cause?: unknown): DariError {
  return new DariError(
    "data",
    `Store "${path}" is damaged; nothing was changed. Restore it from a backup, or move it, ` +
      `"${path}-wal", "${path}-revision" and "${path}-record" away to start with an empty one`,
    { cause },
  );
}

function codeOf(error: unknown): number {
  const { errcode, message } = error as { errcode?: number; message?: string };
  // The low byte is the primary code (https://sqlite.org/rescode.html).
  if (errcode !== undefined) return errcode & 0xff;
  const [text = ""] = (message ?? "").split(": ", 1);
  return CODES[text] ?? 0;
}
