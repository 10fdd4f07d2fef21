/**
 * Records of the audit, as people read them.
 *
 * @module
 */

import { type AuditRecord, parseRecord } from "../../ops/audit/record.ts";
import type { ServerRecord } from "../../ops/audit/servers/newest.ts";
import type { StoredRecord } from "../../ops/audit/tables.ts";
import { escapeControls } from "../../base/text/printable.ts";
import type { Io } from "../app/command.ts";
import { formatMoment } from "../app/report.ts";

/**
 * Prints records, one a line; with `--json` the lines are JSON.
 *
 * @param stored The records as they are stored.
 * @param options Whether JSON is wanted.
 * @param io Where they are printed.
 */
export function printRecords(
  stored: readonly StoredRecord[],
  options: { readonly json: boolean },
  io: Io,
): void {
  for (const { id, text } of stored) {
    io.print(options.json ? text : escapeControls(recordLine(id, text)));
  }
}

/**
 * Prints records of several servers, one a line; with `--json` the lines are JSON.
 *
 * @param records The records.
 * @param options Whether JSON is wanted.
 * @param io Where they are printed.
 */
export function printServerRecords(
  records: readonly ServerRecord[],
  options: { readonly json: boolean },
  io: Io,
): void {
  for (const { server, log, id, text } of records) {
    io.print(
      options.json
        ? `{"server":${JSON.stringify(server)},"log":${JSON.stringify(log)},"record":${text}}`
        : escapeControls(`${server}  ${recordLine(id, text)}`),
    );
  }
}

/**
 * One record in a line.
 *
 * @param id Its number.
 * @param text Its text.
 */
export function recordLine(id: number, text: string): string {
  let record: AuditRecord;
  try {
    record = parseRecord(text);
  } catch {
    return `${id}  this record cannot be read; see dari audit verify`;
  }
  const { at, kind, by, via, peer, about, data = {} } = record;
  const facts = Object.entries({ via, peer, ...data }).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(",") : String(value ?? ""),
  ]).filter(([, value]) => value !== "").map((pair) => pair.join("="));
  return [id, formatMoment(Date.parse(at)), kind, by, about ?? "-", ...facts].join("  ");
}
