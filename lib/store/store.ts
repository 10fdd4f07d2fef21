/**
 * The store interface: versioned text under keys, with compare-and-set, expiry, atomic batches and
 * a watch. Nothing above it knows whether a file or a cluster is behind.
 *
 * @module
 */

import { DariError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";

/** What is stored under one key. */
export interface Entry {
  /** Its key. */
  readonly key: string;
  /** Its text, as it was put. */
  readonly value: string;
  /** Grows with every change of the store; never 0 and never used twice. */
  readonly version: number;
  /** From this moment on, in milliseconds since the epoch, the entry is no longer there. */
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

/** Under which condition, and for how long, a text is stored. */
export interface PutOptions {
  /** Only where the entry has this version; 0 stands for "only where there is none". */
  readonly ifVersion?: number;
  /** When the entry ends by itself, in milliseconds since the epoch. */
  readonly expiresAtMs?: number;
}

/** Under which condition an entry is removed. */
export interface DeleteOptions {
  /** Only where the entry has this version. */
  readonly ifVersion?: number;
}

/** What a watcher hears of. */
export type Change =
  | { readonly kind: "put"; readonly entry: Entry }
  | { readonly kind: "delete"; readonly key: string }
  /** Changes may have been missed: forget everything that was learned from the store. */
  | { readonly kind: "reset" };

/** Versioned text under keys. Every write is durable once its promise resolves. */
export interface Store extends AsyncDisposable {
  /**
   * Reads one entry.
   *
   * @param key The key.
   * @returns The entry, or `null` where there is none or it expired.
   */
  get(key: string): Promise<Entry | null>;
  /**
   * Stores a text.
   *
   * @param key The key: 1 to 512 of `A-Z a-z 0-9 _ = . / -`.
   * @param value The text, without U+0000.
   * @param options Condition and expiry.
   * @returns The entry's new version.
   * @throws {VersionConflict} When the condition does not hold.
   */
  put(key: string, value: string, options?: PutOptions): Promise<number>;
  /**
   * Removes an entry.
   *
   * @param key The key.
   * @param options Condition.
   * @returns Whether there was one.
   * @throws {VersionConflict} When the condition does not hold.
   */
  delete(key: string, options?: DeleteOptions): Promise<boolean>;
  /**
   * Reads all entries under a prefix, in the order of their keys.
   *
   * @param prefix The beginning of their keys.
   * @returns The entries.
   */
  list(prefix: string): Promise<Entry[]>;
  /**
   * Carries out all steps or none.
   *
   * @param operations The steps; a key may appear once.
   * @returns The version of this change.
   * @throws {VersionConflict} When a condition does not hold; nothing was changed.
   */
  batch(operations: readonly Operation[]): Promise<number>;
  /**
   * Hears of changes: of this process before the write resolves, of others within a second.
   *
   * @param prefix The beginning of the keys to hear of.
   * @param listener Called once a change, in order; it must not throw.
   * @returns Ends the watch when disposed.
   */
  watch(prefix: string, listener: (change: Change) => void): Disposable;
  /** Ends all watches and lets go of the file; later calls reject with `unavailable`. */
  close(): Promise<void>;
}

/** A conditional write lost against another one: read again, and decide again. */
export class VersionConflict extends DariError {
  /**
   * Makes the error.
   *
   * @param key The key whose version was another one.
   */
  constructor(key: string) {
    super("failed_precondition", `"${key}" was changed in the meantime; read it again`, {
      retryable: true,
    });
  }
}

const KEY = new RegExp(`^[A-Za-z0-9_=./-]{1,${limits.maxStoreKeyLength}}$`);

/**
 * Refuses keys that one of the forms could not keep.
 *
 * @param key The key.
 * @throws {RangeError} When it is empty, too long or has other characters.
 */
export function checkKey(key: string): void {
  if (!KEY.test(key)) throw new RangeError(`Store key ${JSON.stringify(key)} is not valid`);
}

/**
 * Refuses batches that have no one meaning.
 *
 * @param operations The steps.
 * @throws {RangeError} On an invalid key, a key that appears twice, or a value with U+0000, which
 * SQLite would cut.
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
