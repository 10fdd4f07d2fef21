/**
 * The lines of a snapshot of queues, jobs and topics: what the log knew at that moment and which tables
 * there are, and then a row a line.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { turn } from "../../base/turn.ts";
import type { ReplicaFile } from "../../store/replica/replica_file.ts";
import {
  putRow,
  type ReplicaSchema,
  type ReplicaSnapshot,
  replicaVersion,
} from "../../store/replica/replica_snapshot.ts";
import type { SqlValue } from "../../store/tables/sql.ts";
import type { LogFacts } from "../log/log_state.ts";

/** The first line. */
interface FirstLine {
  readonly log: LogFacts;
  readonly schema: ReplicaSchema;
}

/** A row: the place of its table among those of the schema, and its values. */
type RowLine = readonly [table: number, ...values: SqlValue[]];

/** A newer dari made a snapshot: its tables would be misunderstood. */
export class NewerSnapshot extends Error {}

/**
 * Writes the rows of a moment.
 *
 * @param log What the log knew.
 * @param rows The rows.
 */
export function* linesOf(log: LogFacts, rows: ReplicaSnapshot): Generator<string> {
  const schema = rows.schema();
  const first: FirstLine = { log, schema };
  yield JSON.stringify(first);
  for (const [at, table] of schema.tables.entries()) {
    for (const row of rows.rows(table)) yield JSON.stringify([at, ...row]);
  }
}

/**
 * Reads rows into an empty file, some at once, so that others are served meanwhile.
 *
 * @param lines The lines; they end with whether they are all.
 * @param file The file.
 * @returns What the log knew; `undefined` where lines are missing.
 * @throws {NewerSnapshot} Where a newer dari made it.
 */
export async function loadLines(
  lines: AsyncGenerator<string, boolean>,
  file: ReplicaFile,
): Promise<LogFacts | undefined> {
  let first: FirstLine | undefined;
  let rows: RowLine[] = [];
  let length = 0;
  const put = () => {
    const { tables } = first!.schema;
    const putting = rows;
    [rows, length] = [[], 0];
    file.write((sql) => {
      for (const [at, ...row] of putting) putRow(sql, tables[at]!, row);
    });
  };
  while (true) {
    const { done, value } = await lines.next();
    if (done) {
      if (first !== undefined) put();
      return value ? first?.log : undefined;
    }
    if (first === undefined) {
      first = JSON.parse(value) as FirstLine;
      if (first.schema.version > replicaVersion) throw new NewerSnapshot();
      continue;
    }
    rows.push(JSON.parse(value));
    length += value.length;
    if (rows.length < limits.maxMovedEntries && length < limits.movedBatchLength) continue;
    put();
    await turn();
  }
}
