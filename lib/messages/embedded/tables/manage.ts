/**
 * Looking at queues and setting them.
 *
 * @module
 */

import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import type { Sql } from "../../../store/tables/sql.ts";
import { readMessage } from "../../queue/message_value.ts";
import type { DeadLetter, QueueState } from "../../queue/operations.ts";
import type { QueueSettings } from "../../queue/settings.ts";
import { admit } from "./keys.ts";
import { remove } from "./moves.ts";
import { DEAD, type MessageRow, MOVED, type QueueRow, WHOLE, type WholeRow } from "./rows.ts";
import { queueOf, type QueueTransaction } from "./transaction.ts";

/** How many rows one request may touch. */
const { purgeStepCount: STEP } = limits;

/** The queues of a store, by name. */
export function allQueues(sql: Sql): QueueRow[] {
  return sql.all<Parameters<typeof queueOf>[0]>("SELECT * FROM queues ORDER BY name").map(queueOf);
}

/**
 * Finds a queue without changing it.
 *
 * @throws {DariError} `not_found` where there is none.
 */
export function findQueue(sql: Sql, name: string): QueueRow {
  const [row] = sql.all<Parameters<typeof queueOf>[0]>("SELECT * FROM queues WHERE name = ?", name);
  return mustFind(row && queueOf(row), name);
}

/** A queue as it stands. */
export function stateOf(sql: Sql, queue: QueueRow): QueueState {
  const oldestAtMs = oldestIn(sql, queue);
  return {
    name: queue.name,
    isPaused: queue.paused,
    waiting: queue.ready + queue.held,
    delayed: queue.delayed,
    leased: queue.leased,
    dead: queue.dead,
    bytes: queue.bytes,
    ...(oldestAtMs === undefined ? {} : { oldestAtMs }),
    settings: queue.settings,
  };
}

function mustFind(queue: QueueRow | undefined, name: string): QueueRow {
  if (queue !== undefined) return queue;
  throw new DariError("not_found", `There is no queue "${name}"; a first message makes it`);
}

/** Changes settings. */
export function configureQueue(
  transaction: QueueTransaction,
  name: string,
  settings: Partial<QueueSettings>,
): QueueState {
  const queue = transaction.make(name);
  queue.settings = { ...queue.settings, ...settings };
  // What became possible is tried at once.
  transaction.woken.set(name, Math.max(1, queue.ready));
  return stateOf(transaction.sql, queue);
}

/** Lets nothing be taken, or lets it be taken again. */
export function pauseQueue(
  transaction: QueueTransaction,
  name: string,
  paused: boolean,
): QueueState {
  const queue = mustFind(transaction.find(name), name);
  queue.paused = paused;
  if (!paused) transaction.woken.set(name, Math.max(1, queue.ready));
  return stateOf(transaction.sql, queue);
}

/**
 * Removes some messages.
 *
 * @param transaction The transaction.
 * @param name The queue.
 * @param what Dead letters or what waits, put up to a number.
 * @returns How many; 0 where nothing is left.
 */
export function purgeSome(
  transaction: QueueTransaction,
  name: string,
  what: { readonly dead: boolean; readonly upTo: number },
): number {
  const queue = mustFind(transaction.find(name), name);
  const rows = what.dead
    ? select(transaction, "dead", queue, what.upTo)
    : waitingOf(transaction, queue, what.upTo);
  for (const { number } of rows) {
    // Removing one of a key may have let another one go ahead.
    const [row] = transaction.sql.all<MessageRow>(
      `SELECT ${MOVED} FROM queue_messages WHERE number = ?`,
      number,
    );
    if (row !== undefined) remove(transaction, queue, row);
  }
  transaction.woken.delete(name);
  return rows.length;
}

/** The number of the last message that was put. */
export function lastNumber(sql: Sql): number {
  return sql.all<{ value: number }>("SELECT value FROM counters WHERE name = 'message'")[0]!.value;
}

/** Lists dead letters. */
export function deadLetters(
  sql: Sql,
  queue: QueueRow,
  { after, limit }: { readonly after: number; readonly limit: number },
): DeadLetter[] {
  const rows = sql.all<WholeRow>(
    `SELECT ${WHOLE} FROM queue_messages INDEXED BY queue_dead
     WHERE queue = ? AND state = 4 AND number > ? ORDER BY number LIMIT ?`,
    queue.id,
    after,
    limit,
  );
  const page: DeadLetter[] = [];
  let bytes = 0;
  for (const row of rows) {
    bytes += row.bytes;
    if (page.length > 0 && bytes > limits.maxTakeBytes) break;
    page.push(deadLetter(row));
  }
  return page;
}

/**
 * Puts dead letters back.
 *
 * @param transaction The transaction.
 * @param name The queue.
 * @param which Their numbers, or all up to a number.
 * @returns How many; 0 where nothing is left.
 */
export function retrySome(
  transaction: QueueTransaction,
  name: string,
  which: { readonly numbers: readonly number[] } | { readonly upTo: number },
): number {
  const queue = mustFind(transaction.find(name), name);
  const rows = "numbers" in which
    ? which.numbers.map((number) => oneDead(transaction, queue, number))
    : select(transaction, "dead", queue, which.upTo);
  const { maxAgeMs } = queue.settings;
  for (const { number, bytes, key } of rows) {
    const { state, dueAt, inKey } = admit(transaction, queue, key);
    transaction.sql.run(
      `UPDATE queue_messages SET state = ?, due_at = ?, in_key = ?, tries = 0, reason = NULL,
         ends_at = ? WHERE number = ?`,
      state,
      dueAt,
      inKey,
      maxAgeMs === null ? null : transaction.today + maxAgeMs,
      number,
    );
    transaction.count(queue, DEAD, -1);
    transaction.count(queue, state, 1);
    queue.dead_bytes -= bytes;
    queue.bytes += bytes;
  }
  return rows.length;
}

function oneDead(transaction: QueueTransaction, queue: QueueRow, number: number): MessageRow {
  const [row] = transaction.sql.all<MessageRow>(
    `SELECT ${MOVED} FROM queue_messages WHERE number = ? AND queue = ? AND state = 4`,
    number,
    queue.id,
  );
  if (row !== undefined) return row;
  throw new DariError("not_found", `"${queue.name}" has no dead letter ${number}`);
}

/** How the messages of a state are chosen and ordered: as its index has them, and never by chance. */
const IN_STATE = {
  ready: { state: 0, order: "rank, number" },
  delayed: { state: 1, order: "due_at, number" },
  held: { state: 3, order: "key, number" },
  dead: { state: 4, order: "number" },
} as const;

function select(
  { sql }: QueueTransaction,
  name: keyof typeof IN_STATE,
  queue: QueueRow,
  upTo: number,
): MessageRow[] {
  const { state, order } = IN_STATE[name];
  return sql.all<MessageRow>(
    `SELECT ${MOVED} FROM queue_messages INDEXED BY queue_${name}
     WHERE queue = ? AND state = ${state} AND number <= ? ORDER BY ${order} LIMIT ?`,
    queue.id,
    upTo,
    STEP,
  );
}

/** Held ones first, so that none of them goes ahead before it is removed. */
function waitingOf(transaction: QueueTransaction, queue: QueueRow, upTo: number): MessageRow[] {
  for (const name of ["held", "delayed", "ready"] as const) {
    if (queue[name] === 0) continue;
    const rows = select(transaction, name, queue, upTo);
    if (rows.length > 0) return rows;
  }
  return [];
}

function deadLetter(row: WholeRow): DeadLetter {
  return {
    number: row.number,
    ...(row.id === null ? {} : { id: row.id }),
    ...(row.key === null ? {} : { key: row.key }),
    value: readMessage(row),
    putAtMs: row.put_at,
    putBy: row.put_by,
    tries: row.tries,
    reason: row.reason ?? "",
    diedAtMs: row.due_at,
  };
}

/** When the oldest message was put that can be taken: the first of each priority is looked at. */
function oldestIn(sql: Sql, queue: QueueRow): number | undefined {
  if (queue.ready === 0) return undefined;
  let oldest: number | undefined;
  for (let rank = 0; rank <= limits.maxMessagePriority; rank++) {
    const [row] = sql.all<{ put_at: number }>(
      `SELECT put_at FROM queue_messages INDEXED BY queue_ready
       WHERE queue = ? AND state = 0 AND rank = ? ORDER BY number LIMIT 1`,
      queue.id,
      rank,
    );
    if (row !== undefined) oldest = Math.min(oldest ?? Infinity, row.put_at);
  }
  return oldest;
}
