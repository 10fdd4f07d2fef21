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
  // The audit. `text` is what was hashed, and the columns beside it are only a view of it, so that
  // neither can contradict the other. `audit_head` is the state of the chain and of the tree after the
  // last record; `first` is the oldest record that is kept. Records are removed from the oldest on, by
  // moving `first`, and never otherwise. `audit_nodes` has the roots of whole subtrees of 256, 65,536 …
  // records, from which proofs are made without reading all records.
  `CREATE TABLE audit_records (
     id INTEGER PRIMARY KEY,
     text TEXT NOT NULL,
     at TEXT GENERATED ALWAYS AS (text ->> '$.at') VIRTUAL,
     kind TEXT GENERATED ALWAYS AS (text ->> '$.kind') VIRTUAL,
     who TEXT GENERATED ALWAYS AS (text ->> '$.by') VIRTUAL,
     about TEXT GENERATED ALWAYS AS (text ->> '$.about') VIRTUAL
   ) STRICT;
   CREATE TABLE audit_head (
     one INTEGER PRIMARY KEY CHECK (one = 1),
     log TEXT NOT NULL,
     size INTEGER NOT NULL,
     first INTEGER NOT NULL,
     bytes INTEGER NOT NULL,
     last BLOB NOT NULL,
     frontier BLOB NOT NULL
   ) STRICT;
   CREATE TABLE audit_nodes (
     level INTEGER, place INTEGER, hash BLOB NOT NULL, PRIMARY KEY (level, place)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE audit_checkpoints (size INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
   CREATE TABLE audit_signers (id TEXT PRIMARY KEY, pem TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TRIGGER audit_records_stay_as_they_are BEFORE UPDATE ON audit_records
   BEGIN SELECT raise(ABORT, 'a record of the audit is never changed'); END;
   CREATE TRIGGER audit_records_stay BEFORE DELETE ON audit_records
   WHEN old.id >= (SELECT first FROM audit_head)
   BEGIN SELECT raise(ABORT, 'a record of the audit is removed by dari audit cut alone'); END;`,
];
