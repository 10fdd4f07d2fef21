/**
 * Tables of a store that can be made again from a log: a file of one process, without what guards a
 * store that is the only one.
 *
 * A commit does not wait for the disk (`synchronous=NORMAL`). SQLite keeps the file whole in WAL mode all
 * the same; what a loss of power takes are the last commits, each with the place in the log that it
 * noted, so the log is read again from there.
 *
 * @module
 */

// Deno has no SQLite of its own.
import { DatabaseSync } from "node:sqlite";
import { DariError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/reason.ts";
import { limits } from "../../base/limits.ts";
import { migrations } from "../migrations.ts";
import { isDamaged, storeError } from "../tables/sqlite_errors.ts";
import { rollBack } from "../sqlite_file.ts";
import {
  applyOperations,
  entriesInside,
  entryAt,
  entryOf,
  prepareStatements,
  type Row,
  type Statements,
} from "../sqlite_statements.ts";
import { type Change, checkVersions, type EntriesInside, type Entry } from "../store.ts";
import { PreparedSql, type Sql } from "../tables/sql.ts";
import { ReplicaSnapshot, type SnapshotOptions } from "./replica_snapshot.ts";

/** "darr" in ASCII: not a store of its own. */
const APPLICATION_ID = 0x64617272;

/** Where the log was read to, as its reader notes it with each change. */
const LOG_TABLES = `
  CREATE TABLE log_facts (one INTEGER PRIMARY KEY CHECK (one = 1), text TEXT NOT NULL) STRICT;
  CREATE TABLE log_writers (
    writer TEXT PRIMARY KEY, count INTEGER NOT NULL, sequence INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE log_parts (
    writer TEXT, place INTEGER, part BLOB NOT NULL, PRIMARY KEY (writer, place)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE log_digests (taken INTEGER PRIMARY KEY, digests BLOB NOT NULL) STRICT;`;
/** How often those have changed, in thousands, and what the tables of a store have had. */
const FILE_VERSION = 1_000 + migrations.length;

/** An open file, and its statements. */
interface OpenTables {
  readonly database: DatabaseSync;
  readonly sql: Sql;
  readonly statements: Statements;
}

/** The tables of one process. */
export class ReplicaFile implements Disposable {
  readonly #path: string;
  #open: OpenTables;
  #isClosed = false;

  private constructor(path: string, open: OpenTables) {
    this.#path = path;
    this.#open = open;
  }

  /**
   * Opens a file. One that is damaged, or of another schema, is made again, empty: the log has it all.
   *
   * @param path The file; its directory must exist.
   * @throws {DariError} `configuration` when others can read it, `io` when it cannot be opened.
   */
  static async open(path: string): Promise<ReplicaFile> {
    await checkMode(path);
    return new ReplicaFile(path, tryOpen(path) ?? await make(path));
  }

  /** How many bytes the tables take. */
  get bytes(): number {
    const [size] = this.sql.all<{ bytes: number }>(
      `SELECT (page_count - freelist_count) * page_size AS bytes
       FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,
    );
    return size?.bytes ?? 0;
  }

  /** The tables. */
  get sql(): Sql {
    if (!this.#isClosed) return this.#open.sql;
    throw new DariError("unavailable", "The tables are closed");
  }

  /**
   * Changes the tables, and entries with them, in a transaction that counts as a change of the entries.
   *
   * @param work What is done in it.
   * @param now The time by which entries expire unless the work says another one.
   * @returns What it gave, and how entries have changed.
   * @throws What it throws; then nothing of it is left.
   */
  transact<T>(
    work: (sql: Sql, entries: EntriesInside) => T,
    now: number,
  ): { readonly result: T; readonly changes: readonly Change[] } {
    const changes: Change[] = [];
    const result = this.write((sql) => {
      const version = Number(this.#open.statements.nextRevision.get()?.value);
      return work(sql, this.#inside(version, now, changes));
    });
    return { result, changes };
  }

  /**
   * Reads an entry.
   *
   * @param key Its key.
   * @param now The time by which it expires.
   */
  get(key: string, now: number): Entry | null {
    return entryAt(this.#open.statements, key, now);
  }

  /**
   * Reads entries, in the order of their keys.
   *
   * @param prefix What their keys begin with.
   * @param now The time by which they expire.
   */
  list(prefix: string, now: number): Entry[] {
    // U+007F comes after every character that a key may have.
    const rows = this.#open.statements.list.all(prefix, `${prefix}\x7f`, now);
    return (rows as unknown as Row[]).map(entryOf);
  }

  /**
   * Changes the tables in a transaction.
   *
   * @param work What is done in it.
   * @returns What it gave.
   * @throws What it throws; then nothing of it is left.
   */
  write<T>(work: (sql: Sql) => T): T {
    const { sql } = this;
    const { database, statements } = this.#open;
    try {
      statements.begin.run();
      const result = work(sql);
      statements.commit.run();
      return result;
    } catch (error) {
      rollBack(database);
      throw error instanceof DariError || !isOfSqlite(error)
        ? error
        : storeError(error, this.#path);
    }
  }

  /**
   * Reads the tables as they are now, while they change.
   *
   * @param options Which rows are wanted.
   * @returns The rows of this moment; the caller disposes of it.
   */
  snapshot(options: SnapshotOptions = {}): ReplicaSnapshot {
    return new ReplicaSnapshot(this.#path, options);
  }

  /** Begins again with empty tables. */
  async renew(): Promise<void> {
    if (this.#isClosed) return;
    this.#open.database.close();
    this.#open = await make(this.#path);
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    if (!this.#isClosed) this.#open.database.close();
    this.#isClosed = true;
  }

  #inside(version: number, nowMs: number, changes: Change[]): EntriesInside {
    const { statements } = this.#open;
    return entriesInside({ statements, version, now: () => nowMs }, (operations, now) => {
      const before = (key: string) => entryAt(statements, key, now);
      checkVersions(operations, before);
      const removed = operations.filter(({ kind, key }) => kind === "delete" && before(key));
      applyOperations(statements, operations, { version, now });
      for (const operation of operations) {
        const { kind, key } = operation;
        if (removed.includes(operation)) changes.push({ kind: "delete", key });
        const entry = kind === "put" ? before(key) : null;
        if (entry !== null) changes.push({ kind: "put", entry });
      }
    });
  }
}

async function checkMode(path: string): Promise<void> {
  try {
    const { mode } = await Deno.lstat(path);
    if (Deno.build.os === "windows" || ((mode ?? 0) & 0o077) === 0) return;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return;
    throw new DariError("io", `Cannot open "${path}": ${reasonOf(cause)}`, { cause });
  }
  throw new DariError(
    "configuration",
    `Cannot open "${path}": others can use it; run chmod 600 "${path}"`,
  );
}

/** Gives nothing where there is no file that can be used as it is. */
function tryOpen(path: string): OpenTables | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: limits.storeBusyTimeoutMs });
    const is = (name: string) => Number(database?.prepare(`PRAGMA ${name}`).get()?.[name]);
    if (is("application_id") === APPLICATION_ID && is("user_version") === FILE_VERSION) {
      return openedOf(database);
    }
  } catch (cause) {
    if (!isDamaged(cause)) {
      database?.close();
      throw storeError(cause, path);
    }
  }
  database?.close();
  return undefined;
}

async function make(path: string): Promise<OpenTables> {
  try {
    for (const suffix of ["", "-wal", "-shm"]) {
      await Deno.remove(path + suffix).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
    }
    (await Deno.open(path, { write: true, createNew: true, mode: 0o600 })).close();
    const database = new DatabaseSync(path, { timeout: limits.storeBusyTimeoutMs });
    database.exec("PRAGMA journal_mode = WAL; BEGIN");
    for (const step of [...migrations, LOG_TABLES]) database.exec(step);
    database.exec(
      `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FILE_VERSION}; COMMIT`,
    );
    return openedOf(database);
  } catch (cause) {
    if (cause instanceof DariError) throw cause;
    throw new DariError("io", `Cannot make "${path}": ${reasonOf(cause)}`, { cause });
  }
}

function openedOf(database: DatabaseSync): OpenTables {
  database.exec("PRAGMA synchronous = NORMAL");
  return { database, sql: new PreparedSql(database), statements: prepareStatements(database) };
}

function isOfSqlite(error: unknown): boolean {
  return (error as { code?: string } | null)?.code === "ERR_SQLITE_ERROR";
}
