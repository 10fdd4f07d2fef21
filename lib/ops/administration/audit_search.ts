/**
 * A search among the records of the audit, from the newest to the oldest.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { Sql } from "../../store/tables/sql.ts";
import { type AuditRecord, parseRecord } from "../audit/record.ts";

/** Reads the tables of the store. */
export type ReadTables = <T>(work: (sql: Sql) => T) => Promise<T>;

/** Which records are wanted. */
export interface AuditSearch {
  /** A text that stands anywhere in the record, in any case of ASCII letters. */
  readonly find?: string | undefined;
  /** Only records with a lower number. */
  readonly before?: number | undefined;
  /** How many at most. @default {limits.auditFoundRecords} */
  readonly limit?: number | undefined;
}

/** A record, or the number of one that cannot be read: somebody has changed the file. */
export type FoundRecord = Omit<AuditRecord, "prev"> | {
  readonly id: number;
  readonly damaged: true;
};

/** What was found. */
export interface AuditFindings {
  /** The records, the newest first. */
  readonly items: readonly FoundRecord[];
  /** The number before which a further search goes on; absent where the oldest was seen. */
  readonly before?: number;
}

const SEARCH = `SELECT id, text FROM audit_records
  WHERE id < ?1 AND id >= ?2 AND (?3 IS NULL OR instr(lower(text), lower(?3)) > 0)
  ORDER BY id DESC LIMIT ?4`;

/**
 * Searches. One search looks at so many records and no more, since nothing else happens meanwhile.
 *
 * @param sql The tables.
 * @param search Which records.
 * @param most How many records are looked at.
 */
export function searchAudit(
  sql: Sql,
  { find, before, limit = limits.auditFoundRecords }: AuditSearch,
  most: number = limits.auditSearchedRecords,
): AuditFindings {
  const [head] = sql.all<{ size: number; first: number }>("SELECT size, first FROM audit_head");
  if (head === undefined) return { items: [] };
  const end = Math.min(before ?? Infinity, head.size + 1);
  const begin = Math.max(head.first, end - most);
  const rows = sql.all<{ id: number; text: string }>(SEARCH, end, begin, find || null, limit);
  // A full page goes on behind its last record; another one behind what was looked at.
  const next = rows.length === limit ? rows.at(-1)!.id : begin;
  const items = rows.map(({ id, text }) => read(id, text));
  return next > head.first ? { items, before: next } : { items };
}

function read(id: number, text: string): FoundRecord {
  try {
    const { prev: _prev, ...record } = parseRecord(text);
    return record;
  } catch {
    return { id, damaged: true };
  }
}
