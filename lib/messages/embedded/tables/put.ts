/**
 * Putting messages.
 *
 * @module
 */

import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import type { WrittenMessage } from "../../queue/message_value.ts";
import type { PutReceipt } from "../../queue/operations.ts";
import { admit, type Place } from "./keys.ts";
import { DELAYED, type QueueRow } from "./rows.ts";
import type { QueueTransaction } from "./transaction.ts";

/** A message that was checked. */
export interface CheckedMessage extends WrittenMessage {
  readonly id: string | null;
  readonly key: string | null;
  readonly priority: number;
  readonly delayMs: number;
}

const INSERT = `INSERT INTO queue_messages (number, queue, state, rank, due_at, ends_at, put_at,
  put_by, tries, lease_ms, in_key, key, id, bytes, types, value)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?, ?, ?)`;

/**
 * Puts messages: all or none.
 *
 * @param transaction The transaction.
 * @param name The queue.
 * @param messages The messages.
 * @param by The name of the principal that puts them.
 * @returns What became of each.
 * @throws {DariError} `resource_exhausted` when they do not fit.
 */
export function putMessages(
  transaction: QueueTransaction,
  name: string,
  messages: readonly CheckedMessage[],
  by: string,
): PutReceipt[] {
  const queue = transaction.make(name);
  const known = new Map<string, number>();
  let bytes = queue.bytes;
  for (const { id, bytes: more } of messages) {
    const first = id === null ? undefined : numberOf(transaction, queue, id);
    if (first === undefined) bytes += more;
    else known.set(id!, first);
  }
  const { maxBytes } = queue.settings;
  if (bytes > maxBytes) throw fullQueue(name, maxBytes);
  return messages.map((message) => {
    const first = message.id === null ? undefined : known.get(message.id);
    if (first !== undefined) {
      transaction.tell(queue, "duplicate");
      return { number: first, isDuplicate: true };
    }
    const number = putOne(transaction, queue, message, by);
    if (message.id !== null) known.set(message.id, number);
    return { number, isDuplicate: false };
  });
}

function putOne(
  transaction: QueueTransaction,
  queue: QueueRow,
  { id, key, priority, delayMs, bytes, types, value }: CheckedMessage,
  by: string,
): number {
  const { sql, today } = transaction;
  const number = transaction.nextNumber();
  if (id !== null) {
    sql.run("INSERT OR REPLACE INTO queue_ids VALUES (?, ?, NULL, ?)", queue.id, id, number);
  }
  const { state, dueAt, inKey }: Place = delayMs > 0
    ? { state: DELAYED, dueAt: today + delayMs, inKey: 0 }
    : admit(transaction, queue, key);
  const { maxAgeMs } = queue.settings;
  const endsAt = maxAgeMs === null ? null : today + delayMs + maxAgeMs;
  const rank = limits.maxMessagePriority - priority;
  const written = [key, id, bytes, types, value];
  sql.run(INSERT, number, queue.id, state, rank, dueAt, endsAt, today, by, inKey, ...written);
  transaction.count(queue, state, 1);
  queue.bytes += bytes;
  transaction.tell(queue, "put");
  return number;
}

/** The number of the message that has an id, or had it not long ago. */
function numberOf(
  { sql, today }: QueueTransaction,
  queue: QueueRow,
  id: string,
): number | undefined {
  return sql.all<{ number: number }>(
    "SELECT number FROM queue_ids WHERE queue = ? AND id = ? AND (until IS NULL OR until > ?)",
    queue.id,
    id,
    today,
  )[0]?.number;
}

function fullQueue(name: string, maxBytes: number): DariError {
  return new DariError(
    "resource_exhausted",
    `Queue "${name}" is full: at most ${maxBytes} bytes may wait in it; put again once messages ` +
      "were taken",
    { retryAfterMs: limits.diskRetryAfterMs },
  );
}
