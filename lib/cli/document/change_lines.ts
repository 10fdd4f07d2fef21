/**
 * What changed between two documents, for people.
 *
 * @module
 */

import type { Change } from "../../protocol/compatibility/document.ts";
import { formatColumns } from "../app/report.ts";

/**
 * Writes changes as a table.
 *
 * @param changes The changes.
 * @returns Its lines.
 */
export function changeLines(changes: readonly Change[]): string[] {
  if (changes.length === 0) return ["nothing changed"];
  return formatColumns([
    ["effect", "method", "where", "change"],
    ...changes.map(({ effect, method, path, message }) => [effect, method, path, message]),
  ]);
}
