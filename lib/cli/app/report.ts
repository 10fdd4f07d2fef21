/**
 * How commands print what they did.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { columnsOf, padColumns } from "../../base/text/columns.ts";
import { escapeControls } from "../../base/text/printable.ts";
import type { Io } from "./command.ts";

/**
 * Prints a result: one JSON value with `--json`, else lines for a person.
 *
 * @param options What the user typed.
 * @param io Where it is printed.
 * @param value The JSON value.
 * @param lines The lines; a control character in one of them, LF included, is escaped.
 */
export function report(
  options: { readonly json: boolean },
  io: Io,
  value: unknown,
  lines: readonly string[],
): void {
  if (options.json) io.print(JSON.stringify(value));
  else for (const line of lines) io.print(escapeControls(line));
}

/**
 * Says how to go on behind a page of a list that is full.
 *
 * @param io Where it is said.
 * @param count How many are on the page.
 * @param last The number of the last one.
 */
export function tellOfMore(io: Pick<Io, "warn">, count: number, last: number | undefined): void {
  if (count < limits.deadLetterPage || last === undefined) return;
  io.warn(`these are ${count}, and there may be more: --after ${last}`);
}

/**
 * A moment as people read it.
 *
 * @param milliseconds Since the epoch.
 * @returns For instance `2026-01-01 12:00:00Z`; `never` for `undefined`.
 */
export function formatMoment(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return "never";
  return new Date(milliseconds).toISOString().replace("T", " ").replace(/\.\d+Z$/, "Z");
}

/**
 * Rows in columns.
 *
 * @param rows The rows, the first of them the head; nothing is printed where there is only the head.
 * @returns The lines.
 */
export function formatColumns(rows: readonly (readonly string[])[]): string[] {
  if (rows.length < 2) return [];
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(...rows.map((row) => columnsOf(row[at] ?? "")))
  );
  return rows.map((row) =>
    row.map((cell, at) => padColumns(cell, widths[at] ?? 0)).join("  ").trimEnd()
  );
}
