/**
 * The tables of a replica as a store: what is built on them reads them, where they are not too old.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import type { ReplicaFile } from "../../store/replica/replica_file.ts";
import type { Change, EntriesInside, Entry, SqliteStore, Watch } from "../../store/store.ts";
import type { Sql } from "../../store/tables/sql.ts";
import { Watchers } from "../../store/watchers.ts";
import type { MessageReplica } from "./replica.ts";

/** What the store works with. */
export interface ReplicaStoreParts {
  readonly file: ReplicaFile;
  readonly replica: MessageReplica;
  readonly clock: Clock;
  /**
   * Refuses to read.
   *
   * @throws {DariError} `unavailable` where the tables may be too old.
   */
  readonly checkFresh: () => void;
}

/** The store; closing it is not its own affair. */
export class ReplicaStore implements SqliteStore {
  readonly #parts: ReplicaStoreParts;
  readonly #watchers = new Watchers();

  /** @param parts The tables. */
  constructor(parts: ReplicaStoreParts) {
    this.#parts = parts;
  }

  get(key: string): Promise<Entry | null> {
    const { file, clock } = this.#parts;
    return this.#fresh(() => file.get(key, clock.now()));
  }

  list(prefix: string): Promise<Entry[]> {
    const { file, clock } = this.#parts;
    return this.#fresh(() => file.list(prefix, clock.now()));
  }

  query<T>(work: (sql: Sql) => T): Promise<T> {
    return this.#fresh(() => work(this.#parts.file.sql));
  }

  put(): Promise<number> {
    return Promise.reject(byTheLogAlone());
  }

  delete(): Promise<boolean> {
    return Promise.reject(byTheLogAlone());
  }

  batch(): Promise<number> {
    return Promise.reject(byTheLogAlone());
  }

  watch(prefix: string, listener: (change: Change) => void): Watch {
    return this.#watchers.add(prefix, listener);
  }

  /** Tells all watchers that changes may have been missed. */
  reset(): void {
    this.#watchers.tell({ kind: "reset" });
  }

  // deno-lint-ignore require-await -- what is thrown becomes a rejection
  async transact<T>(work: (sql: Sql, entries: EntriesInside) => T): Promise<T> {
    const { replica, clock } = this.#parts;
    const { result, changes } = replica.transact(work, clock.now());
    for (const change of changes) this.#watchers.tell(change);
    return result;
  }

  /** The log has everything. */
  sync(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#watchers.clear();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // deno-lint-ignore require-await -- what is thrown becomes a rejection
  async #fresh<T>(work: () => T): Promise<T> {
    this.#parts.checkFresh();
    return work();
  }
}

function byTheLogAlone(): DariError {
  return new DariError(
    "failed_precondition",
    "The tables of a cluster are changed by its log alone",
  );
}
