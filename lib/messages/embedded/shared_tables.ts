/**
 * Stores whose tables are not changed by the processes of one machine alone.
 *
 * @module
 */

import type { MessageWriter } from "../operation/writer.ts";
import type { MessageClock } from "./steady_clock.ts";
import type { QueueTransaction } from "./tables/transaction.ts";

/** Hears what happens to tables, before the caller is answered. */
export interface TablesListener {
  /** Hears of each transaction that is in the file, and whether it did what this program had asked for. */
  readonly onCommitted: (transaction: QueueTransaction, isOwn: boolean) => void;
  /** Hears that all of the tables may have changed. */
  readonly onReset: () => void;
}

/** Tables that several servers change together, each in a file of its own. */
export interface SharedTables {
  /** Their time, which is not that of this machine alone. */
  readonly clock: MessageClock;
  /**
   * Begins to change them.
   *
   * @param listener Hears of all that happens to the tables.
   */
  open(listener: TablesListener): MessageWriter;
}

const known = new WeakMap<object, SharedTables>();

/**
 * Notes that the tables of a store are shared.
 *
 * @param store The store.
 * @param shared How they are changed.
 */
export function noteShared(store: object, shared: SharedTables): void {
  known.set(store, shared);
}

/**
 * How the tables of a store are changed.
 *
 * @param store The store.
 * @returns `undefined` where its own transactions change them.
 */
export function sharedOf(store: object): SharedTables | undefined {
  return known.get(store);
}
