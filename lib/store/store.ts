/**
 * The store interface: versioned text under keys, with compare-and-set, expiry, atomic batches and
 * watches. The rest of dari uses this interface alone and does not know which form of store it has.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import { DariError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Sql } from "./tables/sql.ts";

/** What is stored under one key. */
export interface Entry {
  /** Its key. */
  readonly key: string;
  /** The text that was stored. */
  readonly value: string;
  /** Grows with every change of the store; never 0 and never used twice. */
  readonly version: number;
  /** When the entry ends by itself, in milliseconds since the epoch; absent if it never does. */
  readonly expiresAtMs?: number;
}

/** One step of a batch. */
export type Operation = PutOperation | DeleteOperation;

/** Stores a text. */
export interface PutOperation extends PutOptions {
  /** The kind of step. */
  readonly kind: "put";
  /** The key. */
  readonly key: string;
  /** The text. */
  readonly value: string;
}

/** Removes an entry. */
export interface DeleteOperation extends DeleteOptions {
  /** The kind of step. */
  readonly kind: "delete";
  /** The key. */
  readonly key: string;
}

/** What holds for every kind of change. */
export interface ChangeOptions {
  /**
   * Whether a restored backup that is older must not undo this change, since it takes something back:
   * a right, a credential, an invitation. A store in a file writes it to its record as well.
   *
   * @default {false}
   */
  readonly survivesRestore?: boolean;
}

/** On which condition, and for how long, a text is stored. */
export interface PutOptions extends ChangeOptions {
  /** Store only if the entry has this version; 0 means "only if there is no entry". */
  readonly ifVersion?: number;
  /** When the entry ends by itself, in milliseconds since the epoch. */
  readonly expiresAtMs?: number;
}

/** On which condition an entry is removed. */
export interface DeleteOptions extends ChangeOptions {
  /** Remove only if the entry has this version. */
  readonly ifVersion?: number;
}

/** A change of the store, as watchers receive it. */
export type Change =
  | { readonly kind: "put"; readonly entry: Entry }
  | { readonly kind: "delete"; readonly key: string }
  /** Changes may have been missed: read again whatever was read from the store before. */
  | { readonly kind: "reset" };

/** A watch of a store; disposing it ends it. */
export interface Watch extends Disposable {
  /**
   * Hears at once what a timer would bring: changes of other processes, and that changes may be missed.
   * Who decides by what it has heard looks first, since a process that stood still runs calls before
   * its timers. Where the last look was a moment ago, it does nothing.
   */
  look(): void;
}

/** Versioned text under keys. Every write is durable once its promise resolves. */
export interface Store extends AsyncDisposable {
  /**
   * Reads one entry.
   *
   * @param key The key.
   * @returns The entry, or `null` if there is none or it has expired.
   */
  get(key: string): Promise<Entry | null>;
  /**
   * Stores a text.
   *
   * @param key The key: 1 to 512 of `A-Z a-z 0-9 _ = . / -`.
   * @param value The text, without U+0000.
   * @param options Condition and expiry.
   * @returns The entry's new version.
   * @throws {VersionConflictError} `failed_precondition` when the condition does not hold.
   * @throws {RangeError} When the key or the value is not valid.
   */
  put(key: string, value: string, options?: PutOptions): Promise<number>;
  /**
   * Removes an entry.
   *
   * @param key The key.
   * @param options Condition.
   * @returns Whether there was an entry.
   * @throws {VersionConflictError} `failed_precondition` when the condition does not hold.
   */
  delete(key: string, options?: DeleteOptions): Promise<boolean>;
  /**
   * Reads all entries whose key begins with a prefix, in the order of their keys.
   *
   * @param prefix The prefix; the empty text reads every entry.
   * @returns The entries.
   */
  list(prefix: string): Promise<Entry[]>;
  /**
   * Carries out all steps or, when one of their conditions does not hold, none.
   *
   * @param operations The steps; each key may appear once.
   * @returns The version of this change, which all its entries get.
   * @throws {VersionConflictError} `failed_precondition` when a condition does not hold.
   */
  batch(operations: readonly Operation[]): Promise<number>;
  /**
   * Watches the entries whose key begins with a prefix. A change of this process is reported before
   * its write resolves, a change of another process within a second.
   *
   * @param prefix The prefix; the empty text watches every key.
   * @param listener Called once for each change, in the order of the changes; it must not throw.
   * @returns The watch.
   */
  watch(prefix: string, listener: (change: Change) => void): Watch;
  /** Ends all watches and closes the file; later calls reject with `unavailable`. */
  close(): Promise<void>;
}

/** A batch that is about to be written. */
export interface WrittenBatch {
  /** Its steps, checked. */
  readonly operations: readonly Operation[];
  /** What is stored under a key before it. */
  before(key: string): Entry | null;
}

/**
 * Writes what belongs to a batch into tables beside the entries, in the transaction of the batch. What
 * it throws takes the whole batch back.
 */
export type Alongside = (sql: Sql, batch: WrittenBatch) => void;

/** The entries of a store, as a transaction on the tables beside them reads and changes them. */
export interface EntriesInside {
  /** The version that entries get which this transaction stores. */
  readonly version: number;
  /**
   * Reads one entry, with what this transaction has changed.
   * @param key The key.
   */
  get(key: string): Entry | null;
  /**
   * Carries out steps; they hold once the transaction does.
   * @param operations The steps; each key may appear once.
   * @throws {VersionConflictError} `failed_precondition` when a condition does not hold.
   */
  batch(operations: readonly Operation[]): void;
  /** Removes what has expired for good. Other writes of the store do so from time to time. */
  sweep(): void;
  /**
   * The same entries at another time, by which they expire.
   * @param nowMs Milliseconds since the epoch.
   */
  at(nowMs: number): EntriesInside;
}

/** A store in a file that has tables beside the entries. */
export interface SqliteStore extends Store {
  /**
   * Changes those tables, and entries with them, in a transaction of its own.
   * @param work What is done in it; where the file was busy, again from its beginning.
   * @param isSynced Whether the disk is waited for, which holds the event loop.
   * @returns What the work gave, once it is on disk. What it throws takes all of it back.
   */
  transact<T>(work: (sql: Sql, entries: EntriesInside) => T, isSynced?: boolean): Promise<T>;
  /** Resolves once what was committed without waiting for the disk is there. */
  sync(): Promise<void>;
  /**
   * Reads those tables.
   * @param work What is read.
   * @returns What the work gave.
   */
  query<T>(work: (sql: Sql) => T): Promise<T>;
}

/** How a store's file is opened. */
export interface SqliteStoreOptions {
  /** The clock that expiry follows. @default {systemClock} */
  readonly clock?: Clock;
  /** How often to look for changes of other processes, in milliseconds. @default {200} */
  readonly pollMs?: number;
  /** How long a write may wait for another process, in milliseconds. @default {5_000} */
  readonly busyTimeoutMs?: number;
  /**
   * Called once when the file was removed or replaced while it was open. From then on the store
   * refuses everything with the same error, so that nothing is acknowledged that nobody will find.
   */
  readonly onLost?: (error: DariError) => void;
  /** Writes more in the transaction of each batch, before its steps. */
  readonly alongside?: Alongside;
}

/**
 * A conditional write found another version than it expected: somebody else wrote in between. Read
 * the entry again and decide again.
 *
 * @example
 * ```ts
 * import { createMemoryStore, VersionConflictError } from "@dari/dari/store";
 * import { assertRejects } from "@std/assert";
 *
 * await using store = createMemoryStore();
 * await store.put("color", "red", { ifVersion: 0 });
 * await assertRejects(() => store.put("color", "blue", { ifVersion: 0 }), VersionConflictError);
 * ```
 */
export class VersionConflictError extends DariError {
  /**
   * Makes the error.
   *
   * @param key The key whose version was not the expected one.
   */
  constructor(key: string) {
    super("failed_precondition", `"${key}" was changed in the meantime; read it again`, {
      retryable: true,
    });
  }
}

const KEY = new RegExp(`^[A-Za-z0-9_=./-]{1,${limits.maxStoreKeyLength}}$`);

/**
 * Refuses a key that not every form of store can keep.
 *
 * @param key The key: 1 to 512 of `A-Z a-z 0-9 _ = . / -`.
 * @throws {RangeError} When it is empty, too long or has another character.
 */
export function checkKey(key: string): void {
  if (!KEY.test(key)) {
    throw new RangeError(
      `Store key ${JSON.stringify(key)} is not valid; use 1 to ${limits.maxStoreKeyLength} of ` +
        "A-Z a-z 0-9 _ = . / -",
    );
  }
}

/**
 * Refuses a batch that a store cannot carry out as it is written.
 *
 * @param operations The steps.
 * @throws {RangeError} When a key is not valid or appears twice, or when a value contains U+0000,
 * where SQLite would cut it.
 */
export function checkOperations(operations: readonly Operation[]): void {
  const keys = new Set<string>();
  for (const operation of operations) {
    checkKey(operation.key);
    if (keys.has(operation.key)) {
      throw new RangeError(`Store key "${operation.key}" appears twice in one batch`);
    }
    keys.add(operation.key);
    if (operation.kind === "put" && operation.value.includes("\0")) {
      throw new RangeError(`The value of store key "${operation.key}" contains U+0000`);
    }
  }
}

/**
 * Refuses a batch of which a step expects another version than the key has.
 *
 * @param operations The steps.
 * @param entryOf Finds what is stored under a key and has not expired.
 * @throws {VersionConflictError} About the first such step.
 */
export function checkVersions(
  operations: readonly Operation[],
  entryOf: (key: string) => Entry | null,
): void {
  for (const { key, ifVersion } of operations) {
    if (ifVersion === undefined) continue;
    if (ifVersion !== (entryOf(key)?.version ?? 0)) throw new VersionConflictError(key);
  }
}
