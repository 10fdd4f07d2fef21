/**
 * The store in one SQLite file: every write is on disk before it is acknowledged, and several
 * processes of one machine may share the file.
 *
 * @module
 */

// Deno has no SQLite of its own.
import type { DatabaseSync } from "node:sqlite";
import { type Clock, systemClock } from "../base/clock.ts";
import { DariError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { openDatabase, storeError } from "./sqlite_file.ts";
import { entryOf, prepareStatements, type Row, type Statements } from "./sqlite_statements.ts";
import {
  type Change,
  checkOperations,
  type DeleteOptions,
  type Entry,
  type Operation,
  type PutOptions,
  type Store,
  VersionConflict,
} from "./store.ts";
import { Watchers } from "./watchers.ts";

/** How a store's file is opened. */
export interface SqliteStoreOptions {
  /** The clock that expiry follows. @default {systemClock} */
  readonly clock?: Clock;
  /** How often to look for changes of other processes, in milliseconds. @default {200} */
  readonly pollMs?: number;
}

/**
 * Opens the store in a file. If there is no file, makes one that only its owner can use (mode 0600).
 *
 * @param path The file; its directory must exist.
 * @param options Clock and polling.
 * @returns The store. Close it, or declare it with `await using`.
 * @throws {DariError} `configuration` when other users can read the file or a newer dari wrote it,
 * `data` when it is damaged or is not a store, `io` when it cannot be opened.
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
): Promise<Store> {
  const { clock = systemClock, pollMs = limits.storePollMs } = options;
  return new SqliteStore(await openDatabase(path), path, clock, pollMs);
}

/**
 * One connection to the file. Watchers are told of changes in the order of their versions:
 *
 * - Invariant: every change up to `#seenVersion` was told or is being told, and none after it. `#deliver` reads the
 *   changes after it from the file, whoever made them, so a change of this process and one of
 *   another process never overtake each other.
 * - Polling runs exactly while there are watchers. `#seenDataVersion` is SQLite's counter of commits
 *   by other connections when the file was last read; while it stands still, polling reads nothing.
 */
class SqliteStore implements Store {
  /** Opened by {@linkcode openSqliteStore}; `close` ends it. */
  readonly #database: DatabaseSync;
  /** For error messages. */
  readonly #path: string;
  readonly #clock: Clock;
  readonly #pollMs: number;
  readonly #watchers = new Watchers();
  readonly #statements: Statements;
  /** Set by the first watcher; the last one to leave, or `close`, clears it. */
  #timer: ReturnType<typeof setInterval> | undefined;
  #seenVersion = 0;
  #seenDataVersion: unknown;
  /** When expired rows were last removed. */
  #sweptAtMs = 0;
  /** Whether the last poll failed: watchers get one reset, and not one with each poll. */
  #failing = false;
  #closed = false;

  constructor(database: DatabaseSync, path: string, clock: Clock, pollMs: number) {
    this.#database = database;
    this.#path = path;
    this.#clock = clock;
    this.#pollMs = pollMs;
    this.#statements = prepareStatements(database);
  }

  get(key: string): Promise<Entry | null> {
    return this.#run(() => this.#live(key));
  }

  put(key: string, value: string, options: PutOptions = {}): Promise<number> {
    return this.batch([{ kind: "put", key, value, ...options }]);
  }

  delete(key: string, options: DeleteOptions = {}): Promise<boolean> {
    return this.#run(() => {
      const operation: Operation = { kind: "delete", key, ...options };
      return this.#write([operation]).removed > 0;
    });
  }

  list(prefix: string): Promise<Entry[]> {
    return this.#run(() => {
      // U+007F comes after every character that a key may have.
      const rows = this.#statements.list.all(prefix, `${prefix}\x7f`, this.#clock.now());
      return (rows as unknown as Row[]).map(entryOf);
    });
  }

  batch(operations: readonly Operation[]): Promise<number> {
    return this.#run(() => this.#write(operations).version);
  }

  watch(prefix: string, listener: (change: Change) => void): Disposable {
    this.#checkOpen();
    if (this.#watchers.size === 0) this.#startPolling();
    return this.#watchers.add(prefix, listener, () => {
      if (this.#watchers.size === 0) this.#stopPolling();
    });
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#stopPolling();
      this.#watchers.clear();
      this.#database.close();
    }
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // deno-lint-ignore require-await -- the interface's promise carries what is thrown
  async #run<T>(work: () => T): Promise<T> {
    this.#checkOpen();
    try {
      return work();
    } catch (error) {
      if (error instanceof DariError || error instanceof RangeError) throw error;
      throw storeError(error, this.#path);
    }
  }

  #write(operations: readonly Operation[]): { version: number; removed: number } {
    checkOperations(operations);
    this.#database.exec("BEGIN IMMEDIATE");
    let version: number;
    let removed = 0;
    try {
      for (const { key, ifVersion } of operations) {
        if (ifVersion !== undefined && ifVersion !== (this.#live(key)?.version ?? 0)) {
          throw new VersionConflict(key);
        }
      }
      version = Number(this.#statements.nextRevision.get()?.value);
      for (const operation of operations) removed += this.#apply(operation, version);
      this.#sweep();
      this.#database.exec("COMMIT");
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
    if (this.#watchers.size > 0) this.#deliver();
    return { version, removed };
  }

  #apply(operation: Operation, version: number): number {
    const now = this.#clock.now();
    const { key } = operation;
    if (operation.kind === "put") {
      this.#statements.put.run(key, operation.value, version, operation.expiresAtMs ?? null);
      return 0;
    }
    return Number(
      this.#statements.remove.run(version, now + limits.storeTombstoneMs, key, now).changes,
    );
  }

  /** Removes expired rows, at most once in `limits.storeSweepMs`, as part of a write. */
  #sweep(): void {
    const now = this.#clock.now();
    if (Math.abs(now - this.#sweptAtMs) < limits.storeSweepMs) return;
    this.#sweptAtMs = now;
    this.#statements.forget.run(now);
    this.#statements.sweep.run(now);
  }

  #live(key: string): Entry | null {
    const row = this.#statements.get.get(key, this.#clock.now()) as unknown as Row | undefined;
    return row === undefined ? null : entryOf(row);
  }

  #startPolling(): void {
    this.#seenDataVersion = this.#dataVersion();
    this.#seenVersion = this.#counter("revision");
    const timer = setInterval(() => this.#poll(), this.#pollMs);
    Deno.unrefTimer(timer);
    this.#timer = timer;
  }

  #stopPolling(): void {
    clearInterval(this.#timer);
  }

  #poll(): void {
    try {
      // SQLite changes data_version when another connection commits; reading it costs 5 µs.
      const dataVersion = this.#dataVersion();
      if (dataVersion !== this.#seenDataVersion) {
        this.#deliver();
        this.#seenDataVersion = dataVersion;
      }
      this.#failing = false;
    } catch {
      // The store cannot be read, so what watchers learned from it may be out of date.
      if (!this.#failing) this.#watchers.tell({ kind: "reset" });
      this.#failing = true;
    }
  }

  #deliver(): void {
    if (this.#counter("forgotten") > this.#seenVersion) {
      this.#seenVersion = this.#counter("revision");
      this.#watchers.tell({ kind: "reset" });
      return;
    }
    const rows = this.#statements.since.all(this.#seenVersion) as unknown as Row[];
    // Set before the listeners run: a listener may write, and that write delivers again.
    this.#seenVersion = rows.at(-1)?.version ?? this.#seenVersion;
    for (const row of rows) {
      this.#watchers.tell(
        row.value === null
          ? { kind: "delete", key: row.key }
          : { kind: "put", entry: entryOf(row) },
      );
    }
  }

  #dataVersion(): unknown {
    return this.#statements.dataVersion.get()?.data_version;
  }

  #counter(name: "revision" | "forgotten"): number {
    return Number(this.#statements.counter.get(name)?.value);
  }

  #checkOpen(): void {
    if (this.#closed) throw new DariError("unavailable", `Store "${this.#path}" is closed`);
  }
}
