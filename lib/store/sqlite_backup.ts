/**
 * What a backup takes from a store's file, and how a copy becomes a store again.
 *
 * @module
 */

// Deno has no SQLite of its own.
import type { DatabaseSync } from "node:sqlite";
import { exists } from "../base/file/file_state.ts";
import { limits } from "../base/limits.ts";
import { migrations } from "./migrations.ts";
import type { StoreIdentity } from "./record/record_line.ts";
import type { RecordCopy } from "./record/store_record.ts";
import { storeError } from "./tables/sqlite_errors.ts";
import { copyDatabase, openDatabase } from "./sqlite_file.ts";
import { identityOf, openRecord, rememberCopy, renewIdentity } from "./sqlite_record.ts";
import { prepareStatements } from "./sqlite_statements.ts";
import { onceNotBusy } from "./sqlite_turns.ts";

/** The newest version of the tables that this program knows. */
export const knownSchema: number = migrations.length;

/** What a copy of a store is. */
export interface StoreFacts {
  /** The store. */
  readonly identity: StoreIdentity;
  /** The version of its last change. */
  readonly revision: number;
  /** The version of its tables. */
  readonly schema: number;
}

/** Where a snapshot goes. */
export interface SnapshotOptions {
  /** The new file. */
  readonly to: string;
  /** The directory that gets a copy of the store's record, which is kept up to date from now on. */
  readonly recordIn: string;
}

/**
 * The copy of a store's record in a directory of backups; all backups of one store share it.
 *
 * @param directory The directory.
 * @param id The store's id.
 */
export function recordCopyIn(directory: string, id: string): string {
  return `${directory}/dari-${id.slice(0, limits.recordNameDigits)}.record`;
}

/**
 * Copies the state of one moment, while other processes read and write, and begins a copy of the record.
 *
 * @param path The store's file.
 * @param options Where both go.
 * @returns What was copied, and where the record is.
 * @throws {DariError} What {@linkcode openDatabase} throws; `io` when something cannot be written.
 */
export async function snapshotStore(
  path: string,
  { to, recordIn }: SnapshotOptions,
): Promise<StoreFacts & { readonly record: string }> {
  using database = await openDatabase(path);
  try {
    const record = recordCopyIn(recordIn, identityOf(database, path).id);
    // Before the state is copied: what comes after that is in the record then.
    await ensureCopy(database, path, record);
    await copyDatabase(database, to);
    return { ...await factsOf(to), record };
  } catch (cause) {
    throw storeError(cause, path);
  }
}

/** Makes a copy of the record, unless there is one already that is kept up to date. */
async function ensureCopy(database: DatabaseSync, path: string, copy: string): Promise<void> {
  const statements = prepareStatements(database);
  const record = await openRecord({ database, statements, path });
  const known = (statements.copies.all() as unknown as RecordCopy[]).find((each) =>
    each.path === copy
  );
  const file = await exists(copy) ? (await Deno.stat(copy)).ino : undefined;
  if (known !== undefined && known.file === file) return;
  const made = await record.copyTo(copy);
  await onceNotBusy(() => rememberCopy(database, made), waitFor());
}

/**
 * Reads what a copy of a store is.
 *
 * @param path The copy.
 * @throws {DariError} `data` where it is damaged, `configuration` where a newer dari made it.
 */
export async function factsOf(path: string): Promise<StoreFacts> {
  using database = await openDatabase(path);
  const revision = database.prepare("SELECT value FROM counters WHERE name = 'revision'").get();
  return {
    identity: identityOf(database, path),
    revision: Number(revision?.value),
    schema: Number(database.prepare("PRAGMA user_version").get()?.user_version),
  };
}

/** How a copy becomes a store again. */
export interface RevivedStore {
  /** Its next change gets a version after this one, so that no version is used twice. */
  readonly afterVersion: number;
  /** Whether it becomes another store, to which no record belongs that there is. */
  readonly isAnother: boolean;
}

/**
 * Makes a store of a copy.
 *
 * @param path The copy; a store that is in use must not be given.
 * @param options What becomes of it.
 * @throws {DariError} As {@linkcode factsOf}.
 */
export async function reviveStore(path: string, options: RevivedStore): Promise<void> {
  using database = await openDatabase(path);
  try {
    database.exec("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE");
    database.prepare("UPDATE counters SET value = max(value, ?) WHERE name = 'revision'")
      .run(options.afterVersion);
    if (options.isAnother) renewIdentity(database);
    database.exec("COMMIT");
  } catch (cause) {
    throw storeError(cause, path);
  }
}

/**
 * Keeps all other processes from writing to a store while it is replaced; where it cannot be opened,
 * nobody else can write to it either.
 *
 * @param path The store's file.
 * @returns Lets them go on.
 * @throws {DariError} `unavailable` when another process writes for too long.
 */
export async function holdStore(path: string): Promise<Disposable> {
  using opening = new DisposableStack();
  let database: DatabaseSync;
  try {
    if (!await exists(path)) return { [Symbol.dispose]() {} };
    database = opening.use(await openDatabase(path));
    // Brings the record up to date: a crash may have kept something from it.
    await openRecord({ database, statements: prepareStatements(database), path });
  } catch {
    return { [Symbol.dispose]() {} };
  }
  try {
    await onceNotBusy(() => database.exec("BEGIN IMMEDIATE"), waitFor());
  } catch (cause) {
    throw storeError(cause, path);
  }
  return opening.move();
}

function waitFor(): { endsAtMs: number } {
  return { endsAtMs: performance.now() + limits.storeBusyTimeoutMs };
}
