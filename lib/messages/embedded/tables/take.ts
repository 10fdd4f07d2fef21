/**
 * Taking messages.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { limits } from "../../../base/limits.ts";
import type { Sql } from "../../../store/tables/sql.ts";
import { spendKey } from "./keys.ts";
import { moveDue } from "./moves.ts";
import type { QueueRow, WholeRow } from "./rows.ts";
import { queueOf, type QueueTransaction } from "./transaction.ts";

/** A message that was taken, as the store has it. */
export interface TakenRow extends WholeRow {
  readonly lease: string;
  readonly leaseMs: number;
}

/** What is taken by whom. */
export interface Taking {
  readonly max: number;
  readonly leaseMs: number | undefined;
  readonly holder: string;
}

/**
 * Takes messages.
 *
 * @param transaction The transaction.
 * @param name The queue.
 * @param taking How many, for how long, by whom.
 * @returns The messages; none where none can be taken now.
 */
export function takeMessages(
  transaction: QueueTransaction,
  name: string,
  { max, leaseMs, holder }: Taking,
): TakenRow[] {
  const queue = transaction.find(name);
  if (queue === undefined || queue.paused) return [];
  moveDue(transaction, queue);
  const room = roomIn(queue, transaction.today);
  const count = Math.min(max, queue.ready, room);
  if (count < 1) return [];
  const rows = fitting(transaction.nextReady(queue, count, room));
  return lend(transaction, queue, rows, { leaseMs, holder });
}

/** As many messages as one take gives. */
function fitting(rows: readonly WholeRow[]): readonly WholeRow[] {
  let [count, bytes] = [0, 0];
  for (const row of rows) {
    bytes += row.bytes;
    if (count > 0 && bytes > limits.maxTakeBytes) break;
    count++;
  }
  return rows.slice(0, count);
}

/** Whether something can be taken from a queue, and when that may change by time alone. */
export interface Outlook {
  readonly canTake: boolean;
  /** How many can be taken. */
  readonly count: number;
  /** Milliseconds since the epoch; `Infinity` where nothing waits for a time. */
  readonly nextAt: number;
}

/**
 * Looks whether something can be taken, without writing.
 *
 * @param sql The tables.
 * @param name The queue.
 * @param time The time of leases and of delays, in milliseconds since the epoch.
 */
export function outlook(
  sql: Sql,
  name: string,
  { now, today }: Pick<QueueTransaction, "now" | "today">,
): Outlook {
  const [row] = sql.all<Parameters<typeof queueOf>[0]>("SELECT * FROM queues WHERE name = ?", name);
  if (row === undefined || row.paused !== 0) return { canTake: false, count: 0, nextAt: Infinity };
  const queue = queueOf(row);
  const dueAt = (state: "delayed" | "leased", number: 1 | 2) =>
    queue[state] === 0 ? Infinity : sql.all<{ due: number | null }>(
      `SELECT min(due_at) AS due FROM queue_messages INDEXED BY queue_${state}
       WHERE queue = ? AND state = ${number}`,
      queue.id,
    )[0]?.due ?? Infinity;
  const delayedAt = dueAt("delayed", 1);
  const leasedAt = dueAt("leased", 2);
  if (leasedAt <= now) return { canTake: true, count: 1, nextAt: now };
  const room = roomIn(queue, today);
  const nextAt = Math.min(delayedAt, leasedAt);
  if (room < 1) {
    const { rate } = queue.settings;
    const isFull = rate === null || queue.leased >= (queue.settings.concurrency ?? Infinity);
    return {
      canTake: false,
      count: 0,
      nextAt: isFull ? leasedAt : Math.min(nextAt, freeAt(queue)),
    };
  }
  const count = Math.min(room, queue.ready + (delayedAt <= today ? 1 : 0));
  return { canTake: count > 0, count, nextAt };
}

/** How many messages may be taken before the limits of the queue say no. */
function roomIn({ settings, leased, rate_at }: QueueRow, today: number): number {
  const { concurrency, rate } = settings;
  const room = concurrency === null ? Infinity : concurrency - leased;
  if (rate === null) return room;
  const perMessage = rate.perMs / rate.count;
  // A time too far ahead says that the clock was set back, or that the rate was lower before.
  const takenUntil = Math.min(Math.max(rate_at, today), today + rate.perMs);
  const left = Math.floor((today + rate.perMs - takenUntil) / perMessage + ROUNDING);
  return Math.min(room, left);
}

/** What a sum of fractions may lack of a whole message. */
const ROUNDING = 1e-6;

/** When the rate of a queue allows one more message. */
function freeAt({ settings: { rate }, rate_at }: QueueRow): number {
  return rate === null ? 0 : Math.ceil(rate_at + rate.perMs / rate.count - rate.perMs);
}

const SET =
  "SET state = 2, due_at = ?, ends_at = NULL, tries = tries + 1, lease_ms = ?, holder = ?";

const LEND = `UPDATE queue_messages ${SET}, lease = ? WHERE number = ?`;

/** A lease begins with the number of its message. For several, this takes half of the time of one each. */
const LEND_ALL = `UPDATE queue_messages ${SET}, lease = leases.value FROM json_each(?) AS leases
  WHERE number = CAST(leases.value AS INTEGER)`;

/** Gives the first of the ready messages to the taker. */
function lend(
  transaction: QueueTransaction,
  queue: QueueRow,
  rows: readonly WholeRow[],
  { leaseMs = queue.settings.leaseMs, holder }: Pick<Taking, "leaseMs" | "holder">,
): TakenRow[] {
  const { sql, now, randomBytes } = transaction;
  const taken = rows.map((row): TakenRow => {
    const lease = `${row.number}.${encodeHex(randomBytes(limits.leaseBytes))}`;
    return { ...row, tries: row.tries + 1, lease, leaseMs };
  });
  const leases = taken.map(({ lease }) => lease);
  const due = [now + leaseMs, leaseMs, holder] as const;
  if (taken.length === 1) sql.run(LEND, ...due, leases[0]!, taken[0]!.number);
  else sql.run(LEND_ALL, ...due, JSON.stringify(leases));
  for (const { key } of taken) noteLent(transaction, queue, key);
  return taken;
}

function noteLent(transaction: QueueTransaction, queue: QueueRow, key: string | null): void {
  const { today } = transaction;
  transaction.lendNext(queue);
  transaction.tell(queue, "taken");
  const { rate } = queue.settings;
  if (rate !== null) {
    queue.rate_at = Math.max(Math.min(queue.rate_at, today + rate.perMs), today) +
      rate.perMs / rate.count;
  }
  if (key !== null) spendKey(transaction, queue, key);
}
