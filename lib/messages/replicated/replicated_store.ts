/**
 * The store of queues, jobs and topics that several servers have together.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import type {
  Change,
  DeleteOptions,
  Entry,
  Operation,
  PutOptions,
  SqliteStore,
  Watch,
} from "../../store/store.ts";
import { checkOperations } from "../../store/store.ts";
import type { Sql } from "../../store/tables/sql.ts";
import { noteShared } from "../embedded/shared_tables.ts";
import type { OperationProposer } from "../operation/operation.ts";
import type { MessageWriter } from "../operation/writer.ts";
import { ReplicatedWriter } from "./replicated_writer.ts";
import type { ReplicatedTables } from "./tables.ts";

/** What a replicated store is made of. */
export interface ReplicatedStoreParts {
  /** The file of this server. It ends with this store. */
  readonly file: SqliteStore;
  /** Its tables, which follow the log. */
  readonly tables: ReplicatedTables;
  /** Writes into the log. */
  readonly proposer: OperationProposer;
  /** The name by which this program itself writes. @default {"server"} */
  readonly name?: string | undefined;
}

/**
 * Makes a store of a file that follows a log. `new EmbeddedQueues(store)` has the queues, jobs and topics
 * that all servers have, and its entries are those that programs write with `complete`, `transact` and
 * `context.publish`, or by themselves. They are read here, at most a moment behind the log, and every
 * change is in the log before it resolves.
 *
 * Accounts, sessions and certificates are not among these entries: servers share them in another log.
 *
 * @param parts The file, and the log.
 */
export function replicatedStore(parts: ReplicatedStoreParts): SqliteStore {
  return new ReplicatedStore(parts);
}

class ReplicatedStore implements SqliteStore {
  readonly #file: SqliteStore;
  readonly #writer: MessageWriter;
  readonly #name: string;

  constructor({ file, tables, proposer, name = "server" }: ReplicatedStoreParts) {
    const { clock } = tables;
    const writer = this.#writer = new ReplicatedWriter({ store: file, clock, proposer });
    this.#file = file;
    this.#name = name;
    noteShared(this, {
      clock,
      open(listener) {
        tables.listen(listener);
        return writer;
      },
    });
  }

  get(key: string): Promise<Entry | null> {
    return this.#file.get(key);
  }

  list(prefix: string): Promise<Entry[]> {
    return this.#file.list(prefix);
  }

  async put(key: string, value: string, options: PutOptions = {}): Promise<number> {
    return await this.batch([{ kind: "put", key, value, ...options }]);
  }

  async delete(key: string, options: DeleteOptions = {}): Promise<boolean> {
    return (await this.#write([{ kind: "delete", key, ...options }])).removed > 0;
  }

  async batch(operations: readonly Operation[]): Promise<number> {
    return (await this.#write(operations)).version;
  }

  watch(prefix: string, listener: (change: Change) => void): Watch {
    return this.#file.watch(prefix, listener);
  }

  query<T>(work: (sql: Sql) => T): Promise<T> {
    return this.#file.query(work);
  }

  /** What one server writes into its tables alone would make them differ from all others. */
  transact<T>(): Promise<T> {
    return Promise.reject(
      new DariError("failed_precondition", "The tables of a cluster are changed by its log alone"),
    );
  }

  sync(): Promise<void> {
    return this.#file.sync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #write(steps: readonly Operation[]) {
    checkOperations(steps);
    const bytes = steps.reduce(
      (sum, each) => sum + (each.kind === "put" ? each.value.length : 0),
      0,
    );
    return await this.#writer.write("store.batch", this.#name, { steps }, bytes);
  }
}
