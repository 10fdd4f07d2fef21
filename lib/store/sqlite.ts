/**
 * The store in one SQLite file: every write is on disk before it is acknowledged, and several
 * processes of one machine may share the file.
 *
 * @module
 */

import { type Clock, systemClock } from "../base/clock.ts";
import { DariError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { ChangeFeed } from "./sqlite_changes.ts";
import { storeError } from "./tables/sqlite_errors.ts";
import type { StoreRecord } from "./record/store_record.ts";
import { inTransaction, openDatabase } from "./sqlite_file.ts";
import { StoreGuard } from "./sqlite_guard.ts";
import { openRecord, type RecordedDatabase } from "./sqlite_record.ts";
import {
  applyOperations,
  entriesInside,
  entryAt,
  entryOf,
  prepareStatements,
  type Row,
  type Statements,
  sweepExpired,
} from "./sqlite_statements.ts";
import { onceNotBusy, WriteTurns } from "./sqlite_turns.ts";
import { Journal, unsynced } from "./tables/journal.ts";
import { PreparedSql, type Sql } from "./tables/sql.ts";
import {
  type Alongside,
  type Change,
  checkOperations,
  checkVersions,
  type DeleteOptions,
  type EntriesInside,
  type Entry,
  type Operation,
  type PutOptions,
  type SqliteStore,
  type SqliteStoreOptions,
  type Watch,
} from "./store.ts";

/**
 * Opens the store in a file. If there is no file, makes one that only its owner can use (mode 0600).
 *
 * @param path The file; its directory must exist.
 * @param options Clock and polling.
 * @returns The store. Close it, or declare it with `await using`.
 * @throws {DariError} `configuration` when other users can read the file or a newer dari wrote it,
 * `data` when it is damaged, is not a store, or has lost acknowledged writes, `io` when it cannot be
 * opened, `unavailable` when another process holds it for too long.
 *
 * @example
 * ```ts
 * import { openSqliteStore } from "@dari/dari/store";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir();
 * {
 *   await using store = await openSqliteStore(`${directory}/dari.db`);
 *   await store.put("greeting", "hello");
 *   assertEquals((await store.list("gr")).length, 1);
 * }
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export async function openSqliteStore(
  path: string,
  options: SqliteStoreOptions = {},
): Promise<SqliteStore> {
  const { busyTimeoutMs = limits.storeBusyTimeoutMs } = options;
  const database = await openDatabase(path, busyTimeoutMs);
  const wait = { endsAtMs: performance.now() + busyTimeoutMs };
  using opened = new DisposableStack();
  opened.defer(() => database.close());
  try {
    const statements = await onceNotBusy(() => prepareStatements(database), wait);
    const revision = () => Number(statements.counter.get("revision")?.value);
    const guard = opened.use(await StoreGuard.open(path, () => onceNotBusy(revision, wait)));
    const record = await openRecord({ database, statements, path });
    const tables = { sql: new PreparedSql(database), journal: new Journal(path) };
    opened.move(); // the store ends it
    return new FileStore({ database, statements, ...tables, guard, record, path }, options);
  } catch (cause) {
    throw cause instanceof DariError ? cause : storeError(cause, path);
  }
}

/** An open file; the store ends all of it when it closes. */
interface OpenFile extends RecordedDatabase {
  readonly sql: Sql;
  readonly journal: Journal;
  readonly guard: StoreGuard;
  readonly record: StoreRecord;
}

/** One connection to the file. */
class FileStore implements SqliteStore {
  /** Opened by {@linkcode openSqliteStore}; `close` ends it. */
  readonly #file: OpenFile;
  readonly #statements: Statements;
  readonly #clock: Clock;
  readonly #onLost: (error: DariError) => void;
  readonly #alongside: Alongside | undefined;
  /** Aborted by `close`, with the error of a closed store. */
  readonly #ended = new AbortController();
  readonly #turns: WriteTurns;
  readonly #changes: ChangeFeed;
  #sweptAtMs = 0;
  /** The last change that did not wait for the disk. */
  #unsynced = 0;
  #lost: DariError | undefined;

  constructor(file: OpenFile, options: SqliteStoreOptions) {
    this.#file = file;
    this.#statements = file.statements;
    this.#clock = options.clock ?? systemClock;
    this.#onLost = options.onLost ?? (() => {});
    this.#alongside = options.alongside;
    const { busyTimeoutMs = limits.storeBusyTimeoutMs, pollMs = limits.storePollMs } = options;
    const { statements } = file;
    this.#changes = new ChangeFeed({
      ...{ statements, pollMs, isLost: () => this.#isLost() },
      monotonic: () => this.#clock.monotonic(),
    });
    this.#turns = new WriteTurns(busyTimeoutMs, this.#ended.signal);
  }

  get(key: string): Promise<Entry | null> {
    return this.#read(() => entryAt(this.#statements, key, this.#clock.now()));
  }

  put(key: string, value: string, options: PutOptions = {}): Promise<number> {
    return this.batch([{ kind: "put", key, value, ...options }]);
  }

  delete(key: string, options: DeleteOptions = {}): Promise<boolean> {
    return this.#write([{ kind: "delete", key, ...options }], ({ removed }) => removed > 0);
  }

  list(prefix: string): Promise<Entry[]> {
    return this.#read(() => {
      // U+007F comes after every character that a key may have.
      const rows = this.#statements.list.all(prefix, `${prefix}\x7f`, this.#clock.now());
      return (rows as unknown as Row[]).map(entryOf);
    });
  }

  batch(operations: readonly Operation[]): Promise<number> {
    return this.#write(operations, ({ version }) => version);
  }

  transact<T>(work: (sql: Sql, entries: EntriesInside) => T, isSynced = true): Promise<T> {
    const { sql } = this.#file;
    const applied: Operation[] = [];
    const commit = () => {
      applied.length = 0;
      const { version, result } = this.#commit((version) =>
        work(sql, this.#inside(applied, version))
      );
      if (isSynced) this.#file.guard.acknowledge(version);
      else this.#unsynced = version;
      if (applied.length > 0) this.#changes.deliver();
      return result;
    };
    return this.#written(applied, isSynced ? commit : () => unsynced(sql, commit));
  }

  sync(): Promise<void> {
    return this.#guarded(async () => {
      const { journal, guard } = this.#file;
      const version = this.#unsynced;
      await journal.sync();
      // Not before: after a power cut the guard must not know more than the disk.
      guard.acknowledge(version);
    });
  }

  query<T>(work: (sql: Sql) => T): Promise<T> {
    return this.#read(() => work(this.#file.sql));
  }

  watch(prefix: string, listener: (change: Change) => void): Watch {
    this.#checkOpen();
    return this.#changes.watch(prefix, listener);
  }

  async close(): Promise<void> {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort(new DariError("unavailable", "The store is closed"));
    this.#changes.close();
    const { database, guard, record, journal } = this.#file;
    // What was written is acknowledged before the database, which the record is written from, ends.
    if (record.isBusy) await record.idle();
    database.close();
    journal[Symbol.dispose]();
    guard[Symbol.dispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #read<T>(work: () => T): Promise<T> {
    const { signal } = this.#ended;
    const endsAtMs = performance.now() + limits.storeBusyTimeoutMs;
    return this.#guarded(() => onceNotBusy(work, { endsAtMs, signal }));
  }

  #write<T>(
    operations: readonly Operation[],
    pick: (written: { version: number; removed: number }) => T,
  ): Promise<T> {
    return this.#written(operations, () => pick(this.#writeNow(operations)));
  }

  #written<T>(operations: readonly Operation[], write: () => T): Promise<T> {
    return this.#guarded(async () => {
      const result = await this.#turns.run(write);
      if (operations.some(({ survivesRestore }) => survivesRestore)) await this.#file.record.sync();
      return result;
    });
  }

  #inside(applied: Operation[], version: number): EntriesInside {
    const [statements, now] = [this.#statements, () => this.#clock.now()];
    return entriesInside({ statements, version, now }, (operations, now) => {
      this.#applyAll(operations, version, now);
      applied.push(...operations);
    });
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    this.#checkOpen();
    try {
      return await work();
    } catch (error) {
      if (error instanceof DariError || error instanceof RangeError) throw error;
      throw storeError(error, this.#file.path);
    }
  }

  #writeNow(operations: readonly Operation[]): { version: number; removed: number } {
    checkOperations(operations);
    const { version, result: removed } = this.#commit((version) => {
      const now = this.#clock.now();
      const removed = this.#applyAll(operations, version, now);
      const isDue = Math.abs(now - this.#sweptAtMs) >= limits.storeSweepMs;
      if (isDue) sweepExpired(this.#statements, this.#sweptAtMs = now);
      return removed;
    });
    this.#file.guard.acknowledge(version);
    this.#changes.deliver();
    return { version, removed };
  }

  /** Carries out steps in a transaction that has begun. */
  #applyAll(operations: readonly Operation[], version: number, now: number): number {
    const before = (key: string) => entryAt(this.#statements, key, now);
    checkVersions(operations, before);
    this.#alongside?.(this.#file.sql, { operations, before });
    return applyOperations(this.#statements, operations, { version, now });
  }

  /** Does work in a transaction, which gets a version of its own. */
  #commit<T>(work: (version: number) => T): { version: number; result: T } {
    this.#checkOpen();
    if (this.#isLost()) throw this.#lost;
    return inTransaction(this.#file, work);
  }

  /** Whether the file is another one by now; told once. */
  #isLost(): boolean {
    if (this.#lost !== undefined) return true;
    this.#lost = this.#file.guard.lost();
    if (this.#lost === undefined) return false;
    this.#changes.end();
    this.#onLost(this.#lost);
    return true;
  }

  #checkOpen(): void {
    this.#ended.signal.throwIfAborted();
    if (this.#lost !== undefined) throw this.#lost;
  }
}
