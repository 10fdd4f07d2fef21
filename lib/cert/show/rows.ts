/**
 * Descriptions in lines: a title and a value each.
 *
 * @module
 */

import { escapeControls } from "../../base/text/printable.ts";

/**
 * Sets rows in lines; rows without a value are left out.
 *
 * @param rows Titles and values. Strangers have written the values, so controls in them are escaped.
 * @returns Lines without an LF at the end.
 */
export function formatRows(rows: readonly (readonly [string, string])[]): string {
  return rows.filter(([, value]) => value !== "")
    .map(([title, value]) => `${title.padEnd(10)} ${escapeControls(value)}`).join("\n");
}
