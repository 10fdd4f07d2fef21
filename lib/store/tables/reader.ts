/**
 * Reading the tables of a store that others may be writing to, or whose disk cannot be written.
 *
 * @module
 */

// Deno has no SQLite of its own.
import { DatabaseSync } from "node:sqlite";
import { DariError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/reason.ts";
import { limits } from "../../base/limits.ts";
import { isDamaged, isUnwritable } from "./sqlite_errors.ts";
import { PreparedSql, type Sql } from "./sql.ts";

/** The tables of a store, which it never changes. Disposing closes the file. */
export interface TablesReader extends Disposable {
  /**
   * Reads.
   *
   * @param work What is read.
   * @returns What the work gave.
   */
  query<T>(work: (sql: Sql) => T): Promise<T>;
}

/**
 * Opens a store's file to read its tables.
 *
 * @param path The file.
 * @param table A table that must be there.
 * @returns The tables.
 * @throws {DariError} `not_found` when there is no file or no such table, `data` for a file that is
 * damaged, `io` when it cannot be read.
 */
export async function openTables(path: string, table: string): Promise<TablesReader> {
  try {
    await Deno.stat(path);
  } catch (cause) {
    const code = cause instanceof Deno.errors.NotFound ? "not_found" : "io";
    throw new DariError(code, `Cannot read "${path}": ${reasonOf(cause)}`, { cause });
  }
  const hadLog = await Deno.stat(`${path}-wal`).then(() => true, () => false);
  const opened = tryOpen(path, path, table) ?? await openCopy(path, table, hadLog);
  if (opened instanceof DatabaseSync) return readerOf(opened, path, hadLog);
  if (!hadLog) removeLog(path);
  throw opened ?? new DariError("not_found", `"${path}" has no ${table}`);
}

/** Gives the open file, the error of one that cannot be read, or nothing where another way may do. */
function tryOpen(path: string, place: string, table: string): DatabaseSync | DariError | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(place, { readOnly: true, timeout: limits.storeBusyTimeoutMs });
    const found = database.prepare("SELECT 1 FROM sqlite_master WHERE name = ?").get(table);
    if (found !== undefined) return database;
    database.close();
    return new DariError("not_found", `"${path}" has no ${table}: an older dari wrote it`);
  } catch (cause) {
    database?.close();
    if (place === path && isUnwritable(cause)) return undefined;
    return unreadable(path, cause);
  }
}

/**
 * Where a disk cannot be written, SQLite cannot make the log without which it reads no store. So it
 * reads a copy, which nobody else can open and which is gone with its last reader, however that ends.
 */
async function openCopy(
  path: string,
  table: string,
  hasLog: boolean,
): Promise<DatabaseSync | DariError | undefined> {
  let directory: string | undefined;
  try {
    directory = await Deno.makeTempDir({ prefix: "dari-read-" });
    const copy = `${directory}/copy.db`;
    await Deno.copyFile(path, copy);
    if (hasLog) await Deno.copyFile(`${path}-wal`, `${copy}-wal`);
    return tryOpen(path, copy, table);
  } catch (cause) {
    const message = `"${path}" cannot be read where it is, nor copied: ${reasonOf(cause)}`;
    return new DariError("io", message, { cause });
  } finally {
    if (directory !== undefined) await Deno.remove(directory, { recursive: true });
  }
}

function readerOf(database: DatabaseSync, path: string, hadLog: boolean): TablesReader {
  const sql = new PreparedSql(database);
  return {
    query: async (work) => {
      await Promise.resolve(); // what is thrown becomes a rejection
      try {
        return work(sql);
      } catch (cause) {
        throw cause instanceof DariError ? cause : unreadable(path, cause);
      }
    },
    [Symbol.dispose]() {
      database.close();
      if (!hadLog) removeLog(path);
    },
  };
}

/**
 * Removes the empty log that a reader has made and may not remove: whoever may write does so when the
 * file is closed, unless somebody else has it open. A log that was there is not ours to write back.
 */
function removeLog(path: string): void {
  try {
    using database = new DatabaseSync(path, { timeout: 0 });
    database.prepare("SELECT 1 FROM sqlite_master").get();
  } catch {
    // The disk cannot be written, or the file cannot be read: nothing was made there.
  }
}

function unreadable(path: string, cause: unknown): DariError {
  const { errcode } = cause as { errcode?: number };
  const isBroken = errcode === undefined || isDamaged(cause);
  return new DariError(
    isBroken ? "data" : "io",
    `"${path}" ${isBroken ? "is damaged" : "cannot be read"}: ${reasonOf(cause)}`,
    { cause },
  );
}
