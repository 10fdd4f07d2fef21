/**
 * The tables of the SQLite store. The file's `user_version` counts the steps that it has been
 * through, so a released step must never change: to change the tables, add a step.
 *
 * @module
 */

/** The SQL at place N of this list takes a file from version N to version N + 1. */
export const migrations: readonly string[] = [
  // Removing an entry sets its value to NULL and keeps the row until `expires_at`, so that watchers
  // in other processes see the removal. `revision` is the version of the last change. `forgotten` is
  // the newest version among the removed rows that were deleted since: a watcher that has seen less
  // may have missed a removal and gets a reset.
  `CREATE TABLE entries (
     key TEXT PRIMARY KEY,
     value TEXT,
     version INTEGER NOT NULL,
     expires_at INTEGER
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX entries_by_version ON entries (version);
   CREATE INDEX entries_by_expiry ON entries (expires_at) WHERE expires_at IS NOT NULL;
   CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   INSERT INTO counters VALUES ('revision', 0), ('forgotten', 0);`,
];
