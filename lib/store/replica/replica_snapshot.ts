/**
 * The rows of a replica's tables at one moment, for those who begin with them.
 *
 * @module
 */

// Deno has no SQLite of its own.
import { DatabaseSync } from "node:sqlite";
import { limits } from "../../base/limits.ts";
import { migrations } from "../migrations.ts";
import type { Sql, SqlValue } from "../tables/sql.ts";

/** A table, and its columns in the order in which rows have them. */
export interface ReplicaTable {
  readonly name: string;
  readonly columns: readonly string[];
}

/** What the tables have in common with those of another program. */
export interface ReplicaSchema {
  /** The version of the tables. */
  readonly version: number;
  /** The tables that are shared. */
  readonly tables: readonly ReplicaTable[];
}

/** Which rows are wanted. */
export interface SnapshotOptions {
  /**
   * Queues, jobs and topics alone: no entries, and of the counters only those of messages and
   * schedules.
   *
   * @default {false}
   */
  readonly messagesOnly?: boolean;
}

/** What belongs to one file alone. */
const OWN = ["identity", "record_copies", "log_facts", "log_writers", "log_parts", "log_digests"];

/** The version of the tables that this program knows. */
export const replicaVersion: number = migrations.length;

/** Rows of one moment. Disposing lets the file forget what has changed since. */
export class ReplicaSnapshot implements Disposable {
  readonly #database: DatabaseSync;
  readonly #messagesOnly: boolean;

  /**
   * @param path The file.
   * @param options Which rows are wanted.
   */
  constructor(path: string, { messagesOnly = false }: SnapshotOptions = {}) {
    this.#messagesOnly = messagesOnly;
    this.#database = new DatabaseSync(path, {
      readOnly: true,
      timeout: limits.storeBusyTimeoutMs,
    });
    this.#database.exec("BEGIN");
    this.#database.prepare("SELECT count(*) FROM counters").get(); // from here on it stays
  }

  /** The tables that servers share. */
  schema(): ReplicaSchema {
    const tables = this.#database.prepare(
      `SELECT name FROM sqlite_master
       WHERE type = 'table' AND name NOT LIKE 'audit\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
       ORDER BY name`,
    ).all().map(({ name }) => String(name))
      .filter((name) => !OWN.includes(name) && !(this.#messagesOnly && name === "entries"));
    return {
      version: replicaVersion,
      tables: tables.map((name) => ({
        name,
        columns: this.#database.prepare(`PRAGMA table_info("${name}")`).all()
          .map((column) => String(column.name)),
      })),
    };
  }

  /**
   * Reads the rows of a table in the order of their keys, one after the other.
   *
   * @param table The table.
   */
  *rows({ name, columns }: ReplicaTable): Generator<SqlValue[]> {
    const wanted = this.#messagesOnly && name === "counters"
      ? "WHERE name IN ('message', 'schedule')"
      : "";
    const statement = this.#database.prepare(
      `SELECT ${listed(columns)} FROM "${name}" ${wanted} ORDER BY 1, 2`,
    );
    for (const row of statement.iterate()) yield Object.values(row as object);
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

/**
 * Writes a row into a table, in the place of one with its key.
 *
 * @param sql The tables, in a transaction.
 * @param table The table, as whoever wrote the rows knows it.
 * @param row Its values.
 */
export function putRow(sql: Sql, { name, columns }: ReplicaTable, row: readonly SqlValue[]): void {
  const marks = columns.map(() => "?").join(", ");
  sql.run(`INSERT OR REPLACE INTO "${name}" (${listed(columns)}) VALUES (${marks})`, ...row);
}

function listed(columns: readonly string[]): string {
  return columns.map((name) => `"${name}"`).join(", ");
}
