/**
 * Messages as those see them who took them.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { readMessage } from "../queue/message_value.ts";
import type { LeasedMessage } from "../queue/operations.ts";
import type { TakenRow } from "./tables/take.ts";

/**
 * Reads a row.
 *
 * @param row The row.
 */
export function leasedMessage(row: TakenRow): LeasedMessage {
  return {
    number: row.number,
    ...(row.id === null ? {} : { id: row.id }),
    ...(row.key === null ? {} : { key: row.key }),
    priority: limits.maxMessagePriority - row.rank,
    value: readMessage(row),
    putAtMs: row.put_at,
    putBy: row.put_by,
    tries: row.tries,
    lease: row.lease,
    leaseMs: row.leaseMs,
  };
}
