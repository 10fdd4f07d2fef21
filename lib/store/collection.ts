/**
 * Records of one kind in a store, as JSON.
 *
 * @module
 */

import { encodeBase64Url } from "@std/encoding/base64url";
import { DariError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Entry, PutOperation, PutOptions, Store } from "./store.ts";

/** A record and the version under which it was read. */
export interface Versioned<T> {
  /** The record. */
  readonly record: T;
  /** Its version, for a conditional write. */
  readonly version: number;
}

/** Records of one kind. Only this program writes them, so their shape is trusted once they parse. */
export class Collection<T extends object> {
  readonly #store: Store;
  /** The beginning of their keys, for a watch. */
  readonly prefix: string;

  /**
   * Names a collection; it needs no making.
   *
   * @param store Where they are kept.
   * @param prefix The beginning of their keys, for instance `account/`.
   */
  constructor(store: Store, prefix: string) {
    this.#store = store;
    this.prefix = prefix;
  }

  /**
   * Reads one record.
   *
   * @returns The record of that id, or `null`.
   */
  async get(id: string): Promise<Versioned<T> | null> {
    const entry = await this.#store.get(this.prefix + id);
    return entry === null ? null : { record: parseRecord<T>(entry), version: entry.version };
  }

  /** Stores a record under an id. */
  async put(id: string, record: T, options: PutOptions = {}): Promise<void> {
    await this.#store.put(this.prefix + id, JSON.stringify(record), options);
  }

  /**
   * Prepares to store a record together with others.
   *
   * @returns The step of a batch that stores a record under an id.
   */
  putting(id: string, record: T, options: PutOptions = {}): PutOperation {
    return { kind: "put", key: this.prefix + id, value: JSON.stringify(record), ...options };
  }

  /** Removes a record; @returns whether there was one. */
  delete(id: string): Promise<boolean> {
    return this.#store.delete(this.prefix + id);
  }

  /**
   * Reads all records.
   *
   * @returns All records, in the order of their ids.
   */
  async list(): Promise<T[]> {
    return (await this.#store.list(this.prefix)).map((entry) => parseRecord<T>(entry));
  }

  /**
   * Reads records with their ids.
   *
   * @param start The beginning of their ids; all by default.
   * @returns Pairs of id and record.
   */
  async entries(start = ""): Promise<[id: string, record: T][]> {
    const entries = await this.#store.list(this.prefix + start);
    return entries.map((entry) => [entry.key.slice(this.prefix.length), parseRecord<T>(entry)]);
  }

  /**
   * Changes a record, however many others change it at the same time.
   *
   * @param id The record's id.
   * @param change Given the record there is, returns the new one, or `null` to leave it.
   * @param expiresAtMs When the new record ends by itself.
   * @returns The record as it is now; `null` where there is none.
   */
  async update(
    id: string,
    change: (record: T | null) => T | null,
    expiresAtMs?: number,
  ): Promise<T | null> {
    const key = this.prefix + id;
    for (let attempt = 0; attempt < limits.maxStoreUpdateAttempts; attempt++) {
      const entry = await this.#store.get(key);
      const before = entry === null ? null : parseRecord<T>(entry);
      const after = change(before);
      if (after === null) return before;
      const ends = expiresAtMs ?? entry?.expiresAtMs;
      try {
        await this.#store.put(key, JSON.stringify(after), {
          ifVersion: entry?.version ?? 0,
          ...(ends === undefined ? {} : { expiresAtMs: ends }),
        });
        return after;
      } catch (error) {
        // Another writer was faster: decide again on what it wrote.
        if (!(error instanceof DariError && error.code === "failed_precondition")) throw error;
      }
    }
    throw new DariError("unavailable", `"${key}" is changed by too many at once; try again`);
  }
}

/**
 * The record in an entry.
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
  throw new DariError("data", `Store entry "${entry.key}" is not a record; restore a backup`);
}

/**
 * An id for a text of any characters, such as a name.
 *
 * @param text The text.
 * @returns Its base64url.
 */
export function idOf(text: string): string {
  return encodeBase64Url(text);
}
