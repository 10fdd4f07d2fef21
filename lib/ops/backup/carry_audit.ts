/**
 * The audit over a restore: its records are evidence, so those that came after the backup are brought
 * over from the old store, and the restore itself is recorded.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { SqliteStore } from "../../store/store.ts";
import type { Sql, SqlValue } from "../../store/tables/sql.ts";
import { type Head, readHead, readRecords } from "../audit/tables.ts";

const RECORDS = "audit_records";

/**
 * Brings the audit of the old store over, where it goes on from that of the backup.
 *
 * @param from The old store.
 * @param to The store of the backup.
 * @returns How many records were brought over; 0 where the audits are not one.
 */
export async function carryAudit(from: SqliteStore, to: SqliteStore): Promise<number> {
  const [newer, older] = [await from.query(readHead), await to.query(readHead)];
  if (newer === undefined || !await goesOn(from, to, newer, older)) return 0;
  const begin = older?.size ?? 0;
  for (let next = Math.max(begin + 1, newer.first); next <= newer.size;) {
    const page = await from.query((sql) => readRecords(sql, next, limits.auditPageRecords));
    const last = page.at(-1);
    if (last === undefined) break;
    await to.transact((sql) => {
      for (const { id, text } of page) {
        sql.run(`INSERT INTO ${RECORDS} (id, text) VALUES (?, ?)`, id, text);
      }
    });
    next = last.id + 1;
  }
  const others = await from.query(otherTables);
  await to.transact((sql) => {
    for (const { name, rows } of others) replaceRows(sql, name, rows);
    // The old store has let go of them.
    sql.run(`DELETE FROM ${RECORDS} WHERE id < ?`, newer.first);
  });
  return newer.size - begin;
}

/** Whether the last record of the backup is the same in the old store, which has as many or more. */
async function goesOn(
  from: SqliteStore,
  to: SqliteStore,
  newer: Head,
  older: Head | undefined,
): Promise<boolean> {
  if (older === undefined) return true;
  if (older.log !== newer.log || older.size > newer.size) return false;
  const [before, now] = await Promise.all(
    [to, from].map((store) => store.query((sql) => readRecords(sql, older.size, 1)[0])),
  );
  return now?.id !== older.size || now.text === before?.text;
}

type Rows = readonly Readonly<Record<string, SqlValue>>[];

/** All but the records: they are few, and some of them change. */
function otherTables(sql: Sql): { name: string; rows: Rows }[] {
  return sql.all<{ name: string }>(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'audit_*' AND name <> ?",
    RECORDS,
  ).map(({ name }) => ({ name, rows: sql.all(`SELECT * FROM ${name}`) }));
}

function replaceRows(sql: Sql, name: string, rows: Rows): void {
  sql.run(`DELETE FROM ${name}`);
  for (const row of rows) {
    const columns = Object.keys(row);
    const marks = columns.map(() => "?").join(", ");
    sql.run(
      `INSERT INTO ${name} (${columns.join(", ")}) VALUES (${marks})`,
      ...Object.values(row),
    );
  }
}
