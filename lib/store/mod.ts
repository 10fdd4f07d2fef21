/**
 * The store: versioned text under keys, in a SQLite file or in memory.
 *
 * @module
 */

export type { Clock } from "../base/clock.ts";
export { createMemoryStore } from "./memory.ts";
export { openSqliteStore } from "./sqlite.ts";
export type { Sql, SqlValue } from "./tables/sql.ts";
export {
  type Alongside,
  type Change,
  type ChangeOptions,
  type DeleteOperation,
  type DeleteOptions,
  type EntriesInside,
  type Entry,
  type Operation,
  type PutOperation,
  type PutOptions,
  type SqliteStore,
  type SqliteStoreOptions,
  type Store,
  VersionConflictError,
  type Watch,
  type WrittenBatch,
} from "./store.ts";
