/**
 * Looking for records.
 *
 * @module
 */

import { limits } from "../../../base/limits.ts";
import type { Sql, SqlValue } from "../../../store/tables/sql.ts";
import type { StoredRecord } from "../tables.ts";

/** Which records are wanted; what is left out does not matter. */
export interface RecordQuery {
  /** The kind; `*` stands for any text. */
  readonly kind?: string | undefined;
  /** The actor. */
  readonly by?: string | undefined;
  /** What it was done to. */
  readonly about?: string | undefined;
  /** The address of the other end; `*` stands for any text. */
  readonly peer?: string | undefined;
  /** Only records from then on, in milliseconds since the epoch. */
  readonly sinceMs?: number | undefined;
  /** Only records before then, in milliseconds since the epoch. */
  readonly untilMs?: number | undefined;
  /** How many at most. @default {limits.auditShownRecords} */
  readonly limit?: number | undefined;
}

/** Each condition is always part of the statement, so that it is one: `NULL` lets everything through. */
const QUERY = `SELECT id, text FROM (
  SELECT id, text FROM audit_records
  WHERE id >= (SELECT first FROM audit_head)
    AND (?1 IS NULL OR kind GLOB ?1)
    AND (?2 IS NULL OR who = ?2)
    AND (?3 IS NULL OR about = ?3)
    AND (?4 IS NULL OR text ->> '$.peer' GLOB ?4)
    AND (?5 IS NULL OR at >= ?5)
    AND (?6 IS NULL OR at < ?6)
  ORDER BY id DESC LIMIT ?7
) ORDER BY id`;

/**
 * Finds the newest records that match.
 *
 * @param sql The store's tables.
 * @param query Which.
 * @returns The records, the oldest first.
 */
export function queryRecords(sql: Sql, query: RecordQuery): StoredRecord[] {
  const { kind, by, about, peer, sinceMs, untilMs, limit = limits.auditShownRecords } = query;
  const values: (SqlValue | undefined)[] = [
    patternOf(kind),
    by,
    about,
    patternOf(peer),
    timeOf(sinceMs),
    timeOf(untilMs),
    limit,
  ];
  return sql.all<StoredRecord>(QUERY, ...values.map((value) => value ?? null));
}

/** `?` and `[` mean themselves. */
function patternOf(text: string | undefined): string | undefined {
  return text?.replace(/[?[]/g, "[$&]");
}

function timeOf(milliseconds: number | undefined): string | undefined {
  return milliseconds === undefined ? undefined : new Date(milliseconds).toISOString();
}
