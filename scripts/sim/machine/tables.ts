/**
 * The tables of a disk: real SQLite in memory, with what the store's own migrations make.
 *
 * @module
 */

// Deno has no SQLite of its own.
import { DatabaseSync } from "node:sqlite";
import { migrations } from "../../../lib/store/migrations.ts";
import { PreparedSql, type Sql } from "../../../lib/store/tables/sql.ts";

/** What queues and jobs are in. */
export class Tables implements Disposable {
  /** The open tables. */
  readonly database = new DatabaseSync(":memory:");
  /** Reads them. */
  readonly sql: Sql = new PreparedSql(this.database);

  /** Makes empty ones. */
  constructor() {
    for (const step of migrations) this.database.exec(step);
  }

  /** Changes them: all of it holds, or nothing. */
  transact<T>(work: (sql: Sql) => T): T {
    this.database.exec("BEGIN");
    try {
      const result = work(this.sql);
      this.database.exec("COMMIT");
      return result;
    } catch (error) {
      this.database.exec("ROLLBACK");
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.database.close();
  }
}
