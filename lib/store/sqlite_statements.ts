/**
 * The SQL of the store, and the rows that it returns.
 *
 * @module
 */

// Deno has no SQLite of its own.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Entry } from "./store.ts";

/** A row of `entries`. A row whose value is `null` stands for an entry that was removed. */
export interface Row {
  readonly key: string;
  readonly value: string | null;
  readonly version: number;
  readonly expires_at: number | null;
}

/** The prepared statements of one connection; they end when the connection closes. */
export type Statements = Record<
  | "get"
  | "list"
  | "put"
  | "remove"
  | "removeForGood"
  | "kept"
  | "copies"
  | "since"
  | "forget"
  | "sweep"
  | "nextRevision"
  | "counter"
  | "dataVersion"
  | "begin"
  | "commit",
  StatementSync
>;

/**
 * Prepares every statement.
 *
 * @param database The open database, at the newest schema.
 * @returns The statements.
 */
export function prepareStatements(database: DatabaseSync): Statements {
  const live = "value IS NOT NULL AND (expires_at IS NULL OR expires_at > ?)";
  return {
    get: database.prepare(`SELECT * FROM entries WHERE key = ? AND ${live}`),
    list: database.prepare(
      `SELECT * FROM entries WHERE key >= ? AND key < ? AND ${live} ORDER BY key`,
    ),
    put: database.prepare("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?)"),
    remove: database.prepare(
      `UPDATE entries SET value = NULL, version = ?, expires_at = ?, kept = 0
       WHERE key = ? AND ${live}`,
    ),
    // Remembered for as long as an older backup may hold the entry.
    removeForGood: database.prepare(
      `UPDATE entries SET value = NULL, version = ?, expires_at = max(expires_at, ?), kept = 1
       WHERE key = ? AND ${live}`,
    ),
    kept: database.prepare(
      "SELECT * FROM entries WHERE kept = 1 AND version > ? ORDER BY version, key",
    ),
    copies: database.prepare("SELECT * FROM record_copies"),
    since: database.prepare("SELECT * FROM entries WHERE version > ? ORDER BY version"),
    forget: database.prepare(
      `UPDATE counters SET value = max(value, ifnull(
         (SELECT max(version) FROM entries WHERE value IS NULL AND expires_at <= ?), 0))
       WHERE name = 'forgotten'`,
    ),
    sweep: database.prepare("DELETE FROM entries WHERE expires_at <= ?"),
    nextRevision: database.prepare(
      "UPDATE counters SET value = value + 1 WHERE name = 'revision' RETURNING value",
    ),
    counter: database.prepare("SELECT value FROM counters WHERE name = ?"),
    dataVersion: database.prepare("PRAGMA data_version"),
    // Prepared, since what `exec` throws has no code.
    begin: database.prepare("BEGIN IMMEDIATE"),
    commit: database.prepare("COMMIT"),
  };
}

/**
 * Turns a row into an entry.
 *
 * @param row A row whose value is not `null`.
 * @returns The entry.
 */
export function entryOf(row: Row): Entry {
  const { key, value, version, expires_at } = row;
  return {
    key,
    value: value ?? "",
    version,
    ...(expires_at === null ? {} : { expiresAtMs: expires_at }),
  };
}
