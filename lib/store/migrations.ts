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
  // Queues. `state` of a message: 0 ready, 1 delayed, 2 leased, 3 held behind others of its key, 4
  // dead. `rank` is what ready messages are taken by, before their number. `due_at` is when a delayed
  // message is ready, a lease ends, or a message died; `ends_at` is when a message is too old. A queue
  // counts its messages by state, so that nobody has to. `open` counts the messages of a key that are
  // not held; `in_key` marks them. `until` is when an id may be used again, once its message is gone.
  `CREATE TABLE queues (
     id INTEGER PRIMARY KEY,
     name TEXT NOT NULL UNIQUE,
     settings TEXT NOT NULL,
     paused INTEGER NOT NULL,
     ready INTEGER NOT NULL,
     delayed INTEGER NOT NULL,
     leased INTEGER NOT NULL,
     held INTEGER NOT NULL,
     dead INTEGER NOT NULL,
     bytes INTEGER NOT NULL,
     dead_bytes INTEGER NOT NULL,
     rate_at REAL NOT NULL
   ) STRICT;
   CREATE TABLE queue_messages (
     number INTEGER PRIMARY KEY,
     queue INTEGER NOT NULL,
     state INTEGER NOT NULL,
     rank INTEGER NOT NULL,
     due_at INTEGER NOT NULL,
     ends_at INTEGER,
     put_at INTEGER NOT NULL,
     put_by TEXT NOT NULL,
     tries INTEGER NOT NULL,
     lease_ms INTEGER NOT NULL,
     lease TEXT,
     holder TEXT,
     in_key INTEGER NOT NULL,
     key TEXT,
     id TEXT,
     reason TEXT,
     bytes INTEGER NOT NULL,
     types TEXT,
     value TEXT NOT NULL
   ) STRICT;
   CREATE INDEX queue_ready ON queue_messages (queue, rank, number) WHERE state = 0;
   CREATE INDEX queue_delayed ON queue_messages (queue, due_at) WHERE state = 1;
   CREATE INDEX queue_leased ON queue_messages (queue, due_at) WHERE state = 2;
   CREATE INDEX queue_held ON queue_messages (queue, key, number) WHERE state = 3;
   CREATE INDEX queue_dead ON queue_messages (queue, number) WHERE state = 4;
   CREATE INDEX queue_ending ON queue_messages (queue, ends_at) WHERE ends_at IS NOT NULL;
   CREATE TABLE queue_keys (
     queue INTEGER, key TEXT, open INTEGER NOT NULL, free_at INTEGER NOT NULL, PRIMARY KEY (queue, key)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX queue_keys_idle ON queue_keys (free_at) WHERE open = 0;
   CREATE TABLE queue_ids (
     queue INTEGER, id TEXT, until INTEGER, number INTEGER NOT NULL, PRIMARY KEY (queue, id)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX queue_ids_used ON queue_ids (until) WHERE until IS NOT NULL;
   INSERT INTO counters VALUES ('message', 0);`,
  // Jobs. A job has the number of its message, and outlives it; `outcome` is null as long as there is
  // the message. What a dead letter leaves behind goes with it.
  `CREATE TABLE jobs (
     id INTEGER PRIMARY KEY,
     method TEXT NOT NULL,
     put_by TEXT NOT NULL,
     put_at INTEGER NOT NULL,
     tries INTEGER NOT NULL,
     outcome TEXT,
     ended_at INTEGER,
     keep_until INTEGER,
     progress TEXT,
     progress_types TEXT,
     result TEXT,
     result_types TEXT,
     error TEXT
   ) STRICT;
   CREATE INDEX jobs_by_method ON jobs (method, id);
   CREATE INDEX jobs_ended ON jobs (keep_until) WHERE keep_until IS NOT NULL;
   CREATE TABLE job_steps (
     job INTEGER, name TEXT, value TEXT NOT NULL, types TEXT, PRIMARY KEY (job, name)
   ) STRICT, WITHOUT ROWID;
   CREATE TRIGGER jobs_go_with_dead_letters AFTER DELETE ON queue_messages WHEN old.state = 4
   BEGIN
     DELETE FROM job_steps WHERE job = old.number;
     DELETE FROM jobs WHERE id = old.number AND outcome IS NULL;
   END;`,
  // Schedules of jobs. `declared` marks those of methods, which are named by their place. All times up
  // to `from_at` are dealt with; `next_at` is null once none is left. `key` is that of each job.
  `CREATE TABLE job_schedules (
     id INTEGER PRIMARY KEY,
     method TEXT NOT NULL,
     declared INTEGER NOT NULL,
     name TEXT NOT NULL,
     put_by TEXT NOT NULL,
     timing TEXT NOT NULL,
     key TEXT,
     params TEXT NOT NULL,
     params_types TEXT,
     from_at INTEGER NOT NULL,
     next_at INTEGER,
     last_at INTEGER,
     last_job INTEGER,
     UNIQUE (method, declared, name)
   ) STRICT;
   CREATE INDEX job_schedules_next ON job_schedules (next_at) WHERE next_at IS NOT NULL;
   ALTER TABLE jobs ADD COLUMN scheduled_at INTEGER;`,
  // Topics. Messages of a topic are numbered without gaps: from `first`, the oldest that is kept, to
  // `last`. `topic_names` has the last message of each name. A group was given all messages before
  // `next`; those that are not done have a row in `topic_deliveries`, where `due_at` is when the lease
  // ends or, without one, when the next try is due.
  `CREATE TABLE topics (
     id INTEGER PRIMARY KEY,
     name TEXT NOT NULL UNIQUE,
     settings TEXT NOT NULL,
     first INTEGER NOT NULL,
     last INTEGER NOT NULL,
     bytes INTEGER NOT NULL,
     first_at INTEGER NOT NULL,
     last_at INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE topic_messages (
     topic INTEGER,
     number INTEGER,
     name TEXT NOT NULL,
     published_at INTEGER NOT NULL,
     published_by TEXT NOT NULL,
     id TEXT,
     bytes INTEGER NOT NULL,
     types TEXT,
     value TEXT NOT NULL,
     PRIMARY KEY (topic, number)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE topic_names (
     topic INTEGER, name TEXT, number INTEGER NOT NULL, PRIMARY KEY (topic, name)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE topic_ids (
     topic INTEGER, id TEXT, number INTEGER NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (topic, id)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX topic_ids_used ON topic_ids (until);
   CREATE TABLE topic_groups (
     id INTEGER PRIMARY KEY,
     topic INTEGER NOT NULL,
     name TEXT NOT NULL,
     pattern TEXT NOT NULL,
     next INTEGER NOT NULL,
     missed INTEGER NOT NULL,
     given_up INTEGER NOT NULL,
     UNIQUE (topic, name)
   ) STRICT;
   CREATE TABLE topic_deliveries (
     grp INTEGER,
     number INTEGER,
     due_at INTEGER NOT NULL,
     tries INTEGER NOT NULL,
     lease_ms INTEGER NOT NULL,
     lease TEXT,
     holder TEXT,
     member TEXT,
     PRIMARY KEY (grp, number)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX topic_deliveries_due ON topic_deliveries (grp, due_at);
   CREATE INDEX topic_deliveries_held ON topic_deliveries (grp, member) WHERE member IS NOT NULL;`,
  // The number of a schedule is given once, as those of messages and jobs.
  `INSERT INTO counters SELECT 'schedule', ifnull(max(id), 0) FROM job_schedules;`,
];
