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
  // `kept` marks a change that a restored backup must not undo; it is in the record beside the file
  // as well (`record/`), of which `identity` has the key. `record_copies` says where copies of that
  // record are, and which file each is.
  `ALTER TABLE entries ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;
   CREATE INDEX entries_kept ON entries (version) WHERE kept = 1;
   CREATE TABLE identity (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE record_copies (path TEXT PRIMARY KEY, file INTEGER NOT NULL) STRICT, WITHOUT ROWID;`,
];
