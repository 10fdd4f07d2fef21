/**
 * Leases that seem to begin in the future.
 *
 * @module
 */

import type { Sql } from "../../../store/tables/sql.ts";
import type { QueueTransaction } from "./transaction.ts";

/**
 * Finds leases that end later than any that begins now could.
 *
 * @param sql The tables.
 * @param now The time of leases, in milliseconds since the epoch.
 */
export function futureLeases(sql: Sql, now: number): { readonly number: number }[] {
  return sql.all<{ number: number }>(
    `SELECT m.number FROM queues q CROSS JOIN queue_messages m INDEXED BY queue_leased
     ON m.queue = q.id AND m.state = 2 WHERE m.due_at > ? + m.lease_ms ORDER BY m.number`,
    now,
  );
}

/**
 * Lets them begin now. The clock may have been set back while no process kept its own time: a lease
 * then lasts as long as it is, from now on.
 *
 * @param transaction The transaction.
 */
export function beginFutureLeases({ sql, now }: QueueTransaction): void {
  for (const { number } of futureLeases(sql, now)) {
    sql.run("UPDATE queue_messages SET due_at = ? + lease_ms WHERE number = ?", now, number);
  }
}
