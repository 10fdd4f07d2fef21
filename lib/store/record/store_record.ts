/**
 * The record of an open store: a file beside it, and copies of that beside its backups, to which each
 * change is added that a restored backup must not undo.
 *
 * The changes are in the store first, in the commit that they belong to; the files are brought up to
 * date before the change is acknowledged, and again whenever the store is opened. So a crash in between
 * loses nothing, and a copy that could not be reached gets later what it lacks.
 *
 * @module
 */

import { settlesWithin } from "../../base/abort.ts";
import { DariError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/files.ts";
import { limits } from "../../base/limits.ts";
import { extendRecord, makeRecordCopy, type RecordSource } from "./record_file.ts";
import { type KeptCommit, recordSeal, type StoreIdentity } from "./record_line.ts";

/** A copy of the record. */
export interface RecordCopy {
  /** Where it is. */
  readonly path: string;
  /** The number of its file: one that was copied or restored is another one, and may be out of date. */
  readonly file: number;
}

/** What the record of a store is made of. */
export interface StoreRecordParts {
  /** The store. */
  readonly identity: StoreIdentity;
  /** The store's own record. */
  readonly path: string;
  /** Reads the commits after a version, the oldest first. */
  commitsSince(version: number): readonly KeptCommit[];
  /** Reads where the copies are. */
  copies(): readonly RecordCopy[];
}

/**
 * The file beside a store that holds its record.
 *
 * @param path The store's file.
 */
export function recordFileOf(path: string): string {
  return `${path}-record`;
}

/** Brings the files of a record up to date. */
export class StoreRecord {
  readonly #parts: StoreRecordParts;
  readonly #source: RecordSource;
  /** The last run, and one that has not begun, which serves all who ask meanwhile. */
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<void> | undefined;
  #busy = 0;

  private constructor(parts: StoreRecordParts, source: RecordSource) {
    this.#parts = parts;
    this.#source = source;
  }

  /**
   * Opens the record of a store and brings it up to date.
   *
   * @param parts The store.
   * @returns The record, and the version of its last line.
   * @throws {DariError} `data` when the file belongs to another store, `configuration` when others can
   * change it, `io` when it cannot be used.
   */
  static async open(parts: StoreRecordParts): Promise<{ record: StoreRecord; version: number }> {
    const { identity } = parts;
    const commitsSince = (version: number) => parts.commitsSince(version);
    const source = { identity, seal: await recordSeal(identity), commitsSince };
    const version = await extendRecord(parts.path, source);
    const record = new StoreRecord(parts, source);
    await record.#extendCopies();
    return { record, version };
  }

  /**
   * Adds what is missing.
   *
   * @returns Once it is on the disk.
   * @throws {DariError} `io` when the store's own record cannot be written. The change itself is in the
   * store, and the next one brings it into the record too.
   */
  sync(): Promise<void> {
    this.#next ??= this.#after(this.#running);
    return this.#next;
  }

  async #after(running: Promise<unknown>): Promise<void> {
    this.#busy++;
    try {
      await running;
      this.#next = undefined;
      const run = this.#syncNow();
      this.#running = run.catch(() => {});
      await run;
    } finally {
      this.#busy--;
    }
  }

  /**
   * Makes a copy.
   *
   * @param path Where.
   * @returns The copy, for the store to remember.
   * @throws {DariError} `io` when it cannot be written.
   */
  async copyTo(path: string): Promise<RecordCopy> {
    return { path, file: await makeRecordCopy(path, this.#source) };
  }

  /** Returns once nothing is being written. */
  async idle(): Promise<void> {
    while (this.isBusy) await (this.#next ?? this.#running)?.catch(() => {});
  }

  /** Whether something is being written. */
  get isBusy(): boolean {
    return this.#busy > 0;
  }

  async #syncNow(): Promise<void> {
    await extendRecord(this.#parts.path, this.#source).catch((cause) => {
      throw new DariError(
        "io",
        `${
          reasonOf(cause)
        }. The change itself was made; until the record can be written, a restored ` +
          "backup would undo it",
        { cause },
      );
    });
    await this.#extendCopies();
  }

  /** A medium that is away or does not answer holds up nobody for long. */
  async #extendCopies(): Promise<void> {
    const copies = this.#parts.copies();
    if (copies.length === 0) return;
    const extending = Promise.allSettled(
      copies.map(({ path, file }) => extendRecord(path, this.#source, { file })),
    );
    await settlesWithin(extending, limits.recordCopyTimeoutMs);
  }
}
