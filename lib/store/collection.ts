/**
 * Records of one kind in a store, as JSON.
 *
 * @module
 */

import { encodeBase64Url } from "@std/encoding/base64url";
import { DariError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Entry, PutOperation, PutOptions, Store } from "./store.ts";

/** A record and its version in the store. */
export interface Versioned<T> {
  /** The record. */
  readonly record: T;
  /** Its version, for a conditional write. */
  readonly version: number;
}

/**
 * Which changes of a collection a restored backup must not undo; a function says it of each record
 * that is put in the place of another.
 */
export type Surviving<T> =
  | "all"
  | "removals"
  | "none"
  | ((record: T, before: T | null) => boolean);

/**
 * The records under one prefix of a store. Only this program writes them, so a record that is a JSON
 * object is trusted to have the right shape.
 */
export class Collection<T extends object> {
  readonly #store: Store;
  readonly #surviving: Surviving<T>;
  /** The prefix of the records' keys, for a watch. */
  readonly prefix: string;

  /**
   * Names a collection; that writes nothing.
   *
   * @param store Where the records are stored; closing it stays with the caller.
   * @param prefix The prefix of their keys, for instance `account/`.
   * @param surviving Which of their changes a restored backup must not undo.
   */
  constructor(store: Store, prefix: string, surviving: Surviving<T> = "none") {
    this.#store = store;
    this.#surviving = surviving;
    this.prefix = prefix;
  }

  /**
   * Reads one record.
   *
   * @param id The record's id.
   * @returns The record and its version, or `null`.
   * @throws {DariError} `data` when the entry is not a JSON object.
   */
  async get(id: string): Promise<Versioned<T> | null> {
    const entry = await this.#store.get(this.prefix + id);
    return entry === null ? null : { record: parseRecord<T>(entry), version: entry.version };
  }

  /**
   * Stores a record.
   *
   * @param id The record's id.
   * @param record The record.
   * @param options Condition and expiry.
   * @throws {VersionConflictError} When the condition does not hold.
   */
  async put(id: string, record: T, options: PutOptions = {}): Promise<void> {
    await this.#store.put(this.prefix + id, JSON.stringify(record), this.#putting(record, options));
  }

  /**
   * Prepares to store a record together with others.
   *
   * @param id The record's id.
   * @param record The record.
   * @param options Condition and expiry.
   * @returns The operation for a batch.
   */
  putting(id: string, record: T, options: PutOptions = {}): PutOperation {
    const value = JSON.stringify(record);
    return { kind: "put", key: this.prefix + id, value, ...this.#putting(record, options) };
  }

  /**
   * Removes a record.
   *
   * @param id The record's id.
   * @returns Whether there was one.
   */
  delete(id: string): Promise<boolean> {
    const survivesRestore = this.#surviving === "all" || this.#surviving === "removals";
    return this.#store.delete(this.prefix + id, survivesRestore ? { survivesRestore } : {});
  }

  /**
   * Reads all records.
   *
   * @returns The records, in the order of their ids.
   * @throws {DariError} `data` when an entry is not a JSON object.
   */
  async list(): Promise<T[]> {
    return (await this.#store.list(this.prefix)).map((entry) => parseRecord<T>(entry));
  }

  /**
   * Reads records with their ids.
   *
   * @param start Only ids that begin with this; all by default.
   * @returns Pairs of id and record, in the order of the ids.
   * @throws {DariError} `data` when an entry is not a JSON object.
   */
  async entries(start = ""): Promise<[id: string, record: T][]> {
    const entries = await this.#store.list(this.prefix + start);
    return entries.map((entry) => [entry.key.slice(this.prefix.length), parseRecord<T>(entry)]);
  }

  /**
   * Changes a record by compare-and-set, however many others change it at the same time.
   *
   * @param id The record's id.
   * @param change Given the record as it is, returns the new one, or `null` to leave it. Called again
   * when another writer was faster.
   * @param expiresAtMs When the new record ends by itself, in milliseconds since the epoch; as before
   * by default.
   * @returns The record as it is now; `null` where there is none.
   * @throws {DariError} `unavailable` when other writers were faster a thousand times; `data` when the
   * entry is not a JSON object.
   */
  async update(
    id: string,
    change: (record: T | null) => T | null,
    expiresAtMs?: number,
  ): Promise<T | null> {
    const key = this.prefix + id;
    return await untilNoConflict(async () => {
      const entry = await this.#store.get(key);
      const before = entry === null ? null : parseRecord<T>(entry);
      const after = change(before);
      if (after === null) return before;
      const ends = expiresAtMs ?? entry?.expiresAtMs;
      const options = {
        ifVersion: entry?.version ?? 0,
        ...(ends === undefined ? {} : { expiresAtMs: ends }),
      };
      await this.#store.put(key, JSON.stringify(after), this.#putting(after, options, before));
      return after;
    });
  }

  #putting(record: T, options: PutOptions, before: T | null = null): PutOptions {
    const surviving = this.#surviving;
    const survives = typeof surviving === "function"
      ? surviving(record, before)
      : surviving === "all";
    return survives ? { ...options, survivesRestore: true } : options;
  }
}

/**
 * Does work that reads and then writes on condition, again where another writer was faster.
 *
 * @param work The work; it reads again each time.
 * @returns Its result.
 * @throws {DariError} `unavailable` when other writers were faster a thousand times.
 * @throws What else the work throws.
 */
export async function untilNoConflict<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; attempt < limits.maxStoreUpdateAttempts; attempt++) {
    try {
      return await work();
    } catch (error) {
      // Another writer was faster: decide again on what it wrote.
      if (!isVersionConflict(error)) throw error;
    }
  }
  throw new DariError("unavailable", "Too many writers change one record at once; try again");
}

/** By its facts, since a store of another form may throw its own error. */
function isVersionConflict(error: unknown): boolean {
  return error instanceof DariError && error.code === "failed_precondition" && error.retryable;
}

/**
 * Parses the record in an entry.
 *
 * @param entry The entry.
 * @returns The record.
 * @throws {DariError} `data` when it is not a JSON object.
 */
export function parseRecord<T extends object>(entry: Entry): T {
  try {
    const record: unknown = JSON.parse(entry.value);
    if (typeof record === "object" && record !== null) return record as T;
  } catch {
    // Falls through: the value may be a secret, and the parser's message would show a part of it.
  }
  throw new DariError("data", `Store entry "${entry.key}" is not a JSON object; restore a backup`);
}

/**
 * Makes an id of a text that may have any characters, such as a name.
 *
 * @param text The text.
 * @returns Its base64url.
 */
export function idOf(text: string): string {
  return encodeBase64Url(text);
}
