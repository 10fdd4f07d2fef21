/**
 * Opens a store's file. A new file appears complete or not at all; a file that is damaged, belongs
 * to another program or comes from a newer dari is refused.
 *
 * @module
 */

// Deno has no SQLite of its own.
import { backup, DatabaseSync } from "node:sqlite";
import { DariError } from "../base/errors.ts";
import { directoryOf, reasonOf, syncDirectory } from "../base/file/files.ts";
import { temporaryFor } from "../base/file/temporary_files.ts";
import { limits } from "../base/limits.ts";
import { migrations } from "./migrations.ts";
import { recordFileOf } from "./record/store_record.ts";
import { damagedStore, storeError } from "./tables/sqlite_errors.ts";
import { makeIdentity, type RecordedDatabase } from "./sqlite_record.ts";
import { revisionFileOf } from "./sqlite_guard.ts";
import { onceNotBusy } from "./sqlite_turns.ts";

/** "dari" in ASCII. SQLite keeps it in the file (`application_id`), so that we know our own files. */
const APPLICATION_ID = 0x64617269;

/**
 * Opens the database of a store, and makes the file if there is none.
 *
 * @param path The file, in a directory that exists.
 * @param busyTimeoutMs How long to wait for other processes, in milliseconds.
 * @returns The open database, at the newest schema.
 * @throws {DariError} `configuration` when other users can read the file or a newer dari wrote it,
 * `data` when it is damaged or is not a store, `io` when it cannot be opened, `unavailable` when
 * another process holds it for too long.
 */
export async function openDatabase(
  path: string,
  busyTimeoutMs: number = limits.storeBusyTimeoutMs,
): Promise<DatabaseSync> {
  if (!(await checkStore(path))) {
    await checkRemains(path);
    await createFile(path);
  }
  // SQLite takes what stands there for its own, and everything in them is in the store as well.
  for (const name of [`${path}-wal`, `${path}-shm`]) await checkFile(name);
  let database: DatabaseSync | undefined;
  try {
    // SQLite itself must not wait: it would hold the event loop.
    const opened = database = new DatabaseSync(path, { timeout: 0 });
    const wait = { endsAtMs: performance.now() + busyTimeoutMs };
    await onceNotBusy(() => {
      checkContent(opened, path);
      opened.exec("PRAGMA synchronous = FULL");
    }, wait);
    if (isOlder(opened)) {
      await keepOlder(opened, path);
      await onceNotBusy(() => migrate(opened), wait);
    }
    return opened;
  } catch (cause) {
    database?.close();
    throw cause instanceof DariError ? cause : storeError(cause, path);
  }
}

async function checkStore(path: string): Promise<boolean> {
  const status = await checkFile(path);
  // SQLite would take an empty file for a new database, and every account would be gone.
  if (status?.size === 0) throw damagedStore(path);
  return status !== undefined;
}

/** Refuses a file that others can use, or that is not a regular one; there may be none. */
async function checkFile(path: string): Promise<Deno.FileInfo | undefined> {
  let status: Deno.FileInfo;
  try {
    status = await Deno.lstat(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw new DariError("io", `Cannot open store "${path}": ${reasonOf(cause)}`, { cause });
  }
  if (!status.isFile) {
    throw new DariError("configuration", `Cannot open store "${path}": it is not a regular file`);
  }
  if (Deno.build.os !== "windows" && ((status.mode ?? 0) & 0o077) !== 0) {
    throw new DariError(
      "configuration",
      `Cannot open store "${path}": others can use it; run chmod 600 "${path}"`,
    );
  }
  return status;
}

/**
 * Refuses to make a new store where the old one's journal or revision is left and its file is gone:
 * what is lost is not empty, and SQLite would write the old journal into the new file.
 */
async function checkRemains(path: string): Promise<void> {
  for (const name of [`${path}-wal`, revisionFileOf(path), recordFileOf(path)]) {
    try {
      await Deno.lstat(name);
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) continue;
      throw new DariError("io", `Cannot open store "${path}": ${reasonOf(cause)}`, { cause });
    }
    // Another process may have made a store since the first look: it makes the file first.
    if (!(await checkStore(path))) throw missingStore(path);
    return;
  }
}

function missingStore(path: string): DariError {
  return new DariError(
    "data",
    `Store "${path}" is missing, but what stands beside it is left; nothing was changed. Restore ` +
      `it from a backup, or move "${path}-wal", "${revisionFileOf(path)}" and ` +
      `"${recordFileOf(path)}" away to start with an empty one`,
  );
}

/** Makes the file under another name and links it, so that a crash leaves no file or a complete one. */
async function createFile(path: string): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    (await Deno.open(temporary, { write: true, createNew: true, mode: 0o600 })).close();
    const database = new DatabaseSync(temporary);
    try {
      database.exec(`PRAGMA journal_mode = WAL; PRAGMA application_id = ${APPLICATION_ID}`);
      migrate(database);
    } finally {
      database.close();
    }
    await Deno.link(temporary, path);
  } catch (cause) {
    // Another process made the store at the same moment; use that one.
    if (cause instanceof Deno.errors.AlreadyExists) return;
    throw new DariError("io", `Cannot make store "${path}": ${reasonOf(cause)}`, { cause });
  } finally {
    await Deno.remove(temporary).catch(() => {});
  }
}

function checkContent(database: DatabaseSync, path: string): void {
  if (readPragma(database, "application_id") !== APPLICATION_ID) {
    throw new DariError("data", `"${path}" is not a store of dari; name another file`);
  }
  const version = readPragma(database, "user_version");
  if (version > migrations.length) {
    throw new DariError(
      "configuration",
      `Store "${path}" was written by a newer dari (schema ${version}, this one knows ` +
        `${migrations.length}); run that version, or restore an older backup`,
    );
  }
  const problems = database.prepare("PRAGMA quick_check(1)").all();
  if (problems[0]?.quick_check !== "ok") throw damagedStore(path);
}

function isOlder(database: DatabaseSync): boolean {
  return readPragma(database, "user_version") < migrations.length;
}

/**
 * Copies a store before it is migrated, so that an older dari has something to go back to. The name
 * says its schema and its last change, so that no copy takes the place of another.
 */
async function keepOlder(database: DatabaseSync, path: string): Promise<void> {
  const schema = readPragma(database, "user_version");
  const revision = database.prepare("SELECT value FROM counters WHERE name = 'revision'").get();
  const copy = `${path}-schema-${schema}-at-${Number(revision?.value)}`;
  const temporary = temporaryFor(copy);
  try {
    await copyDatabase(database, temporary);
    await Deno.link(temporary, copy);
    await syncDirectory(directoryOf(copy));
  } catch (cause) {
    // Another process, or one that was killed before it could migrate, has made it already.
    if (cause instanceof Deno.errors.AlreadyExists) return;
    throw new DariError(
      "io",
      `Cannot copy store "${path}" before its schema is changed: ${
        reasonOf(cause)
      }; it was left as ` +
        "it is",
      { cause },
    );
  } finally {
    await Deno.remove(temporary).catch(() => {});
  }
}

/** All pages in one step: they are of one moment (https://sqlite.org/c3ref/backup_finish.html). */
const ALL_PAGES = -1;

/**
 * Copies the state of one moment, while other processes read and write.
 *
 * @param database The store.
 * @param to The new file, which only its owner can use.
 */
export async function copyDatabase(database: DatabaseSync, to: string): Promise<void> {
  using file = await Deno.open(to, { write: true, createNew: true, mode: 0o600 });
  // Deno lets a program that has not all permissions attach no file, and so not VACUUM INTO one.
  await backup(database, to, { rate: ALL_PAGES });
  await file.sync();
}

function migrate(database: DatabaseSync): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    // Read again under the lock: another process may have migrated in between.
    for (const step of migrations.slice(readPragma(database, "user_version"))) database.exec(step);
    makeIdentity(database);
    database.exec(`PRAGMA user_version = ${migrations.length}; COMMIT`);
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

/**
 * Takes back a transaction that failed. SQLite has ended it already after some errors, and a failure
 * here must not hide what happened before.
 *
 * @param database The database.
 */
export function rollBack(database: DatabaseSync): void {
  try {
    if (database.isTransaction) database.exec("ROLLBACK");
  } catch {
    // The error that led here is thrown by the caller. SQLite ends the transaction with the file.
  }
}

/**
 * Does work in a transaction, which gets a version of its own.
 *
 * @param file The open database.
 * @param work What to do; where it throws, nothing was done.
 * @returns The version, and what the work gave.
 */
export function inTransaction<T>(
  { database, statements }: RecordedDatabase,
  work: (version: number) => T,
): { version: number; result: T } {
  statements.begin.run();
  try {
    const version = Number(statements.nextRevision.get()?.value);
    const result = work(version);
    statements.commit.run();
    return { version, result };
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

function readPragma(database: DatabaseSync, name: "application_id" | "user_version"): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
}
