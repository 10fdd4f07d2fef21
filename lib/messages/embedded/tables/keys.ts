/**
 * Messages of one key: so many of them are open at once, and the others are held behind them in the
 * order in which they were put. So a take never looks at a message that it may not give.
 *
 * @module
 */

import { DELAYED, HELD, type QueueRow, READY, type State } from "./rows.ts";
import type { QueueTransaction } from "./transaction.ts";

/** Where a message stands. */
export interface Place {
  readonly state: State;
  /** When it can be taken, in milliseconds since the epoch. */
  readonly dueAt: number;
  /** Whether it counts among the open messages of its key. */
  readonly inKey: 0 | 1;
}

/** A row of `queue_keys`. */
interface KeyRow {
  readonly open: number;
  readonly free_at: number;
}

/** How many messages of a key may be open. */
function openLimit({ settings }: QueueRow): number {
  return settings.keyRate === null ? settings.keyConcurrency : 1;
}

/**
 * Finds the place of a message that could be taken if its key allows it.
 *
 * @param transaction The transaction.
 * @param queue Its queue.
 * @param key Its key, where it has one.
 * @returns Its place; the message counts for its key from now on.
 */
export function admit(
  transaction: QueueTransaction,
  queue: QueueRow,
  key: string | null,
): Place {
  if (key === null) return { state: READY, dueAt: transaction.today, inKey: 0 };
  const known = keyRow(transaction, queue, key);
  if (known !== undefined && known.open >= openLimit(queue)) {
    return { state: HELD, dueAt: transaction.today, inKey: 0 };
  }
  writeKey(transaction, queue, key, (known?.open ?? 0) + 1, known?.free_at ?? 0);
  const freeAt = queue.settings.keyRate === null ? 0 : known?.free_at ?? 0;
  return freeAt > transaction.today
    ? { state: DELAYED, dueAt: freeAt, inKey: 1 }
    : { state: READY, dueAt: transaction.today, inKey: 1 };
}

/**
 * Takes a message out of the open ones of its key, and lets the next of them go ahead.
 *
 * @param transaction The transaction.
 * @param queue Its queue.
 * @param key Its key.
 */
export function release(transaction: QueueTransaction, queue: QueueRow, key: string): void {
  const { sql, today } = transaction;
  const known = keyRow(transaction, queue, key);
  let open = Math.max(0, (known?.open ?? 1) - 1);
  const freeAt = known?.free_at ?? 0;
  while (open < openLimit(queue)) {
    const [next] = sql.all<{ number: number }>(
      `SELECT number FROM queue_messages INDEXED BY queue_held
       WHERE queue = ? AND key = ? AND state = 3 ORDER BY number LIMIT 1`,
      queue.id,
      key,
    );
    if (next === undefined) break;
    open++;
    const isFree = queue.settings.keyRate === null || freeAt <= today;
    const state = isFree ? READY : DELAYED;
    sql.run(
      "UPDATE queue_messages SET state = ?, due_at = ?, in_key = 1 WHERE number = ?",
      state,
      isFree ? today : freeAt,
      next.number,
    );
    transaction.count(queue, HELD, -1);
    transaction.count(queue, state, 1);
  }
  if (open > 0 || freeAt > today) return writeKey(transaction, queue, key, open, freeAt);
  sql.run("DELETE FROM queue_keys WHERE queue = ? AND key = ?", queue.id, key);
}

/**
 * Notes that a message of a key was taken, where that may happen so often only.
 *
 * @param transaction The transaction.
 * @param queue The queue.
 * @param key The key.
 */
export function spendKey(transaction: QueueTransaction, queue: QueueRow, key: string): void {
  const { keyRate } = queue.settings;
  if (keyRate === null) return;
  transaction.sql.run(
    "UPDATE queue_keys SET free_at = ? WHERE queue = ? AND key = ?",
    Math.ceil(transaction.today + keyRate.perMs / keyRate.count),
    queue.id,
    key,
  );
}

/**
 * Forgets keys that have no message and may be taken again, some with each call.
 *
 * @param transaction The transaction.
 * @param count How many at most.
 */
export function forgetIdleKeys({ sql, today }: QueueTransaction, count: number): void {
  const [idle] = sql.all(
    `SELECT 1 FROM queue_keys INDEXED BY queue_keys_idle
     WHERE open = 0 AND free_at <= ? LIMIT 1`,
    today,
  );
  if (idle === undefined) return;
  sql.run(
    `DELETE FROM queue_keys WHERE (queue, key) IN (
       SELECT queue, key FROM queue_keys INDEXED BY queue_keys_idle
       WHERE open = 0 AND free_at <= ? ORDER BY free_at, queue, key LIMIT ?)`,
    today,
    count,
  );
}

function keyRow({ sql }: QueueTransaction, queue: QueueRow, key: string): KeyRow | undefined {
  return sql.all<KeyRow>(
    "SELECT open, free_at FROM queue_keys WHERE queue = ? AND key = ?",
    queue.id,
    key,
  )[0];
}

function writeKey(
  { sql }: QueueTransaction,
  queue: QueueRow,
  key: string,
  open: number,
  freeAt: number,
): void {
  sql.run("INSERT OR REPLACE INTO queue_keys VALUES (?, ?, ?, ?)", queue.id, key, open, freeAt);
}
