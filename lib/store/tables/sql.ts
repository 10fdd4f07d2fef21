/**
 * SQL on the tables that stand beside the entries of a SQLite store, in the same transactions.
 *
 * @module
 */

// Deno has no SQLite of its own.
import type { DatabaseSync, StatementSync } from "node:sqlite";

/** A value that SQLite stores. */
export type SqlValue = string | number | null | Uint8Array;

/** Statements of one connection. Each text is prepared once, so texts must be few and constant. */
export interface Sql {
  /**
   * Reads rows.
   *
   * @param text The statement.
   * @param values What its question marks stand for.
   */
  all<Row>(text: string, ...values: SqlValue[]): Row[];
  /**
   * Changes rows.
   *
   * @param text The statement.
   * @param values What its question marks stand for.
   */
  run(text: string, ...values: SqlValue[]): void;
}

/** The statements of a connection. */
export class PreparedSql implements Sql {
  readonly #database: DatabaseSync;
  /** Prepared at first use; they end with the connection. */
  readonly #statements = new Map<string, StatementSync>();

  /** @param database The open database. */
  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  all<Row>(text: string, ...values: SqlValue[]): Row[] {
    return this.#prepared(text).all(...values) as Row[];
  }

  run(text: string, ...values: SqlValue[]): void {
    this.#prepared(text).run(...values);
  }

  #prepared(text: string): StatementSync {
    const known = this.#statements.get(text);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(text);
    this.#statements.set(text, statement);
    return statement;
  }
}
