/**
 * How far a file has followed the log. It stands in the file itself, so that it is never ahead of the
 * tables and never behind them.
 *
 * @module
 */

import type { Sql } from "../../store/tables/sql.ts";
import { type LogTime, noLogTime } from "./log_time.ts";

/** The last batch that was applied. */
export interface Progress {
  /** Its place in the log; 0 before the first one. */
  readonly position: number;
  /** The time that it got. */
  readonly time: LogTime;
  /** The newest rules of all batches until then: who does not know them would misread the rows. */
  readonly rules: number;
}

const NOTE = `INSERT OR REPLACE INTO counters VALUES
  ('log position', ?), ('log now', ?), ('log today', ?), ('log at', ?), ('log lead', ?), ('log rules', ?)`;

/** Reads it. */
export function readProgress(sql: Sql): Progress {
  const rows = sql.all<{ name: string; value: number }>(
    "SELECT name, value FROM counters WHERE name LIKE 'log %'",
  );
  const found = new Map(rows.map(({ name, value }) => [name.slice("log ".length), value]));
  const { now, today, atMs, leadMs } = noLogTime;
  return {
    position: found.get("position") ?? 0,
    rules: found.get("rules") ?? 1,
    time: {
      now: found.get("now") ?? now,
      today: found.get("today") ?? today,
      atMs: found.get("at") ?? atMs,
      leadMs: found.get("lead") ?? leadMs,
    },
  };
}

/** Writes it, in the transaction of the batch. */
export function noteProgress(sql: Sql, { position, time, rules }: Progress): void {
  sql.run(NOTE, position, time.now, time.today, time.atMs, time.leadMs, rules);
}
