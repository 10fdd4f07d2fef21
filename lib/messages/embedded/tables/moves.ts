/**
 * Messages that leave their state: those that are due, too old, dead, or done.
 *
 * @module
 */

import { limits } from "../../../base/limits.ts";
import { admit, forgetIdleKeys, release } from "./keys.ts";
import { DEAD, DELAYED, LEASED, type MessageRow, MOVED, type QueueRow, READY } from "./rows.ts";
import type { QueueTransaction } from "./transaction.ts";

/**
 * Moves messages of a queue whose time has come: delayed ones, ended leases, and what is too old. A
 * transaction looks once at each queue, and at so many messages at most.
 *
 * @param transaction The transaction.
 * @param queue The queue.
 */
export function moveDue(transaction: QueueTransaction, queue: QueueRow): void {
  if (transaction.moved.has(queue)) return;
  transaction.moved.add(queue);
  if (queue.delayed > 0) {
    for (const each of delayedDue(transaction, queue)) wake(transaction, queue, each);
  }
  if (queue.leased > 0) {
    for (const each of leasesEnded(transaction, queue)) giveBack(transaction, queue, each);
  }
  if (queue.settings.maxAgeMs !== null || queue.dead > 0) endOld(transaction, queue);
  forget(transaction);
}

/**
 * Makes a message a dead letter.
 *
 * @param transaction The transaction.
 * @param queue Its queue.
 * @param message The message.
 * @param reason Why.
 */
export function bury(
  transaction: QueueTransaction,
  queue: QueueRow,
  message: MessageRow,
  reason: string,
): void {
  const { sql, today } = transaction;
  const { number, bytes, state, key, in_key } = message;
  sql.run(
    `UPDATE queue_messages SET state = 4, due_at = ?, ends_at = ?, in_key = 0, reason = ?,
       lease = NULL, holder = NULL WHERE number = ?`,
    today,
    today + queue.settings.deadAgeMs,
    reason,
    number,
  );
  transaction.count(queue, state, -1);
  transaction.count(queue, DEAD, 1);
  queue.bytes -= bytes;
  queue.dead_bytes += bytes;
  transaction.tell(queue, "died");
  if (key !== null && in_key === 1) release(transaction, queue, key);
  while (queue.dead_bytes > queue.settings.maxDeadBytes && queue.dead > 1) {
    const [oldest] = sql.all<MessageRow>(
      `SELECT ${MOVED} FROM queue_messages INDEXED BY queue_dead
       WHERE queue = ? AND state = 4 ORDER BY number LIMIT 1`,
      queue.id,
    );
    if (oldest === undefined) break;
    remove(transaction, queue, oldest);
  }
}

/**
 * Removes a message; its id may be used again after a while.
 *
 * @param transaction The transaction.
 * @param queue Its queue.
 * @param message The message.
 */
export function remove(
  transaction: QueueTransaction,
  queue: QueueRow,
  message: MessageRow,
): void {
  transaction.sql.run("DELETE FROM queue_messages WHERE number = ?", message.number);
  noteRemoved(transaction, queue, message);
}

/**
 * Notes that the row of a message was removed.
 *
 * @param transaction The transaction.
 * @param queue Its queue.
 * @param message The message as it was.
 */
export function noteRemoved(
  transaction: QueueTransaction,
  queue: QueueRow,
  { bytes, state, id, key, in_key }: MessageRow,
): void {
  const { sql, today } = transaction;
  transaction.count(queue, state, -1);
  if (state === DEAD) queue.dead_bytes -= bytes;
  else queue.bytes -= bytes;
  if (id !== null) {
    sql.run(
      "UPDATE queue_ids SET until = ? WHERE queue = ? AND id = ?",
      today + queue.settings.idMs,
      queue.id,
      id,
    );
  }
  if (key !== null && in_key === 1) release(transaction, queue, key);
}

/**
 * Lets a message be taken again, or makes it a dead letter when it was tried often enough.
 *
 * @param transaction The transaction.
 * @param queue Its queue.
 * @param message The message, which is leased.
 */
function giveBack(transaction: QueueTransaction, queue: QueueRow, message: MessageRow): void {
  const { tries } = message;
  transaction.tell(queue, "expired");
  if (tries >= queue.settings.maxTries) {
    const times = tries === 1 ? "its only try" : `the last of ${tries} tries`;
    return bury(transaction, queue, message, `The lease of ${times} ended without an answer`);
  }
  putBack(transaction, queue, message, { state: READY, dueAt: transaction.today });
}

/**
 * Puts a message that is leased back among those that wait. It keeps its place among those of its key.
 *
 * @param transaction The transaction.
 * @param queue Its queue.
 * @param message The message.
 * @param to Its state and when it can be taken; what it was not tried for does not count as a try.
 */
export function putBack(
  transaction: QueueTransaction,
  queue: QueueRow,
  { number, tries, put_at }: MessageRow,
  to: {
    readonly state: typeof READY | typeof DELAYED;
    readonly dueAt: number;
    readonly reason?: string | null | undefined;
    readonly isUntried?: boolean;
  },
): void {
  const { maxAgeMs } = queue.settings;
  transaction.sql.run(
    `UPDATE queue_messages SET state = ?, due_at = ?, ends_at = ?, tries = ?, lease = NULL,
       holder = NULL, reason = ifnull(?, reason) WHERE number = ?`,
    to.state,
    to.dueAt,
    maxAgeMs === null ? null : put_at + maxAgeMs,
    to.isUntried ? tries - 1 : tries,
    to.reason ?? null,
    number,
  );
  transaction.count(queue, LEASED, -1);
  transaction.count(queue, to.state, 1);
}

function wake(transaction: QueueTransaction, queue: QueueRow, message: MessageRow): void {
  const { state, dueAt, inKey } = message.in_key === 1
    ? { state: READY, dueAt: transaction.today, inKey: 1 } as const
    : admit(transaction, queue, message.key);
  transaction.sql.run(
    "UPDATE queue_messages SET state = ?, due_at = ?, in_key = ? WHERE number = ?",
    state,
    dueAt,
    inKey,
    message.number,
  );
  transaction.count(queue, DELAYED, -1);
  transaction.count(queue, state, 1);
}

function delayedDue({ sql, today }: QueueTransaction, queue: QueueRow): MessageRow[] {
  // In the order in which they were put where they are due at once, so that keys keep theirs.
  return sql.all<MessageRow>(
    `SELECT ${MOVED} FROM queue_messages INDEXED BY queue_delayed
     WHERE queue = ? AND state = 1 AND due_at <= ? ORDER BY due_at, number LIMIT ?`,
    queue.id,
    today,
    limits.queueMoveCount,
  );
}

function leasesEnded({ sql, now }: QueueTransaction, queue: QueueRow): MessageRow[] {
  return sql.all<MessageRow>(
    `SELECT ${MOVED} FROM queue_messages INDEXED BY queue_leased
     WHERE queue = ? AND state = 2 AND due_at <= ? ORDER BY due_at, number LIMIT ?`,
    queue.id,
    now,
    limits.queueMoveCount,
  );
}

function endOld(transaction: QueueTransaction, queue: QueueRow): void {
  const ended = transaction.sql.all<MessageRow>(
    `SELECT ${MOVED} FROM queue_messages INDEXED BY queue_ending
     WHERE queue = ? AND ends_at IS NOT NULL AND ends_at <= ? ORDER BY ends_at, number LIMIT ?`,
    queue.id,
    transaction.today,
    limits.queueMoveCount,
  );
  for (const { number } of ended) {
    // An earlier one of them may have moved it.
    const [message] = transaction.sql.all<MessageRow>(
      `SELECT ${MOVED} FROM queue_messages WHERE number = ?`,
      number,
    );
    if (message === undefined) continue;
    if (message.state === DEAD) remove(transaction, queue, message);
    else bury(transaction, queue, message, "It waited longer than the queue keeps messages");
  }
}

/** Looks first: a statement that removes nothing takes ten times as long as the look. */
function forget(transaction: QueueTransaction): void {
  const { sql, today } = transaction;
  const [used] = sql.all(
    `SELECT 1 FROM queue_ids INDEXED BY queue_ids_used
     WHERE until IS NOT NULL AND until <= ? LIMIT 1`,
    today,
  );
  if (used !== undefined) {
    sql.run(
      `DELETE FROM queue_ids WHERE (queue, id) IN (
         SELECT queue, id FROM queue_ids INDEXED BY queue_ids_used
         WHERE until IS NOT NULL AND until <= ? ORDER BY until, queue, id LIMIT ?)`,
      today,
      limits.queueMoveCount,
    );
  }
  forgetIdleKeys(transaction, limits.queueMoveCount);
}
