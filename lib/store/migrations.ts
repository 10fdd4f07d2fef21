/**
 * The tables of the SQLite form, one step a version. A released step never changes: add another.
 *
 * @module
 */

/** SQL that leads from version N to N + 1, where N is its place in the list. */
export const migrations: readonly string[] = [
  // A removed entry stays as a row without a value until every watcher had time to hear of it; its
  // expires_at is then when it may go. `revision` is the last version given out, `forgotten` the
  // newest version of a removed row that has gone.
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
