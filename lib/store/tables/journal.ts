/**
 * The journal of a SQLite store, brought to the disk without holding the event loop: SQLite itself
 * waits for the disk within a commit.
 *
 * @module
 */

import type { Sql } from "./sql.ts";

/**
 * Commits without waiting for the disk. {@linkcode Journal.sync} does that afterwards.
 *
 * @param sql The connection.
 * @param commit Makes a transaction, from its beginning to its commit.
 * @returns What it gave.
 */
export function unsynced<T>(sql: Sql, commit: () => T): T {
  sql.run("PRAGMA synchronous = NORMAL");
  try {
    return commit();
  } finally {
    sql.run("PRAGMA synchronous = FULL");
  }
}

/** The journal's file. */
export class Journal implements Disposable {
  readonly #path: string;
  /** Opened with the first sync: SQLite makes the file with the first write, and keeps it. */
  #file: Deno.FsFile | undefined;

  /** @param path The store's file. */
  constructor(path: string) {
    this.#path = `${path}-wal`;
  }

  /** Resolves once all that is in the journal is on the disk. */
  async sync(): Promise<void> {
    this.#file ??= await Deno.open(this.#path, { read: true, write: true });
    await this.#file.syncData();
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file?.close();
    this.#file = undefined;
  }
}
