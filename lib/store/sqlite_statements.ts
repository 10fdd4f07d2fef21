/**
 * The SQL of the store, and the rows that it returns.
 *
 * @module
 */

// Deno has no SQLite of its own.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { limits } from "../base/limits.ts";
import { checkOperations, type EntriesInside, type Entry, type Operation } from "./store.ts";

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

/**
 * Reads what is stored under a key.
 *
 * @param statements The statements.
 * @param key The key.
 * @param now The time in milliseconds since the epoch.
 * @returns The entry, or `null` if there is none or it has expired.
 */
export function entryAt(statements: Statements, key: string, now: number): Entry | null {
  const row = statements.get.get(key, now) as unknown as Row | undefined;
  return row === undefined ? null : entryOf(row);
}

/**
 * Carries out the steps of a batch, whose conditions were checked.
 *
 * @param statements The statements.
 * @param operations The steps.
 * @param at The version that their entries get, and the time in milliseconds since the epoch.
 * @returns How many entries they removed.
 */
export function applyOperations(
  statements: Statements,
  operations: readonly Operation[],
  { version, now }: { readonly version: number; readonly now: number },
): number {
  let removed = 0;
  for (const operation of operations) {
    const { key, survivesRestore = false } = operation;
    if (operation.kind === "put") {
      const { value, expiresAtMs = null } = operation;
      statements.put.run(key, value, version, expiresAtMs, survivesRestore ? 1 : 0);
    } else {
      const statement = survivesRestore ? statements.removeForGood : statements.remove;
      removed += Number(statement.run(version, now + limits.storeTombstoneMs, key, now).changes);
    }
  }
  return removed;
}

/**
 * Removes rows that have expired, as part of a write.
 *
 * @param statements The statements.
 * @param now The time in milliseconds since the epoch.
 */
export function sweepExpired(statements: Statements, now: number): void {
  statements.forget.run(now);
  statements.sweep.run(now);
}

/** What {@linkcode entriesInside} works with. */
export interface InsideParts {
  readonly statements: Statements;
  /** The version of the transaction. */
  readonly version: number;
  /** The time by which entries expire, in milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * The entries of a store as a transaction on the tables beside them sees them.
 *
 * @param parts The statements, and the transaction.
 * @param apply Carries out steps that were checked by themselves.
 */
export function entriesInside(
  parts: InsideParts,
  apply: (operations: readonly Operation[], now: number) => void,
): EntriesInside {
  const { statements, version, now } = parts;
  return {
    version,
    get: (key) => entryAt(statements, key, now()),
    batch(operations) {
      checkOperations(operations);
      apply(operations, now());
    },
    sweep: () => sweepExpired(statements, now()),
    at: (nowMs) => entriesInside({ ...parts, now: () => nowMs }, apply),
  };
}
