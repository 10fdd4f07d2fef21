/**
 * Lines as gofmt writes them.
 *
 * @module
 */

import { commentLines } from "../text/quote.ts";
import { COMMENT_WIDTH } from "../text/width.ts";

/**
 * Writes a comment.
 *
 * @param text What it says; it may come from a stranger.
 * @param indent The white space in front of its lines.
 * @returns Its lines; none where it says nothing.
 */
export function comment(text: string | undefined, indent = ""): string[] {
  return commentLines(text ?? "", COMMENT_WIDTH).map((line) =>
    // gofmt would take it for a condition of the build, and move it to the top.
    `${indent}// ${line.replace(/^\+build\b/, "+ build")}`.trimEnd()
  );
}

/** A row whose cells stand under those of the rows beside it. */
export interface Row {
  /** A comment in front of it. */
  readonly comment: readonly string[];
  /** Its cells. */
  readonly cells: readonly string[];
}

/**
 * Writes rows in columns; one with a comment begins anew behind a blank line.
 *
 * @param rows The rows, all of as many cells.
 * @returns Their lines.
 */
export function columns(rows: readonly Row[]): string[] {
  const lines: string[] = [];
  let block: (readonly string[])[] = [];
  const flush = () => {
    lines.push(...aligned(block));
    block = [];
  };
  for (const row of rows) {
    if (row.comment.length > 0) {
      flush();
      if (lines.length > 0) lines.push("");
      lines.push(...row.comment);
    }
    block.push(row.cells);
  }
  flush();
  return lines;
}

function aligned(block: readonly (readonly string[])[]): string[] {
  const width = (cell: string) => Array.from(cell).length;
  return block.map((cells) =>
    "\t" + cells.map((cell, at) => {
      if (at === cells.length - 1) return cell;
      const widest = Math.max(...block.map((row) => width(row[at] ?? "")));
      return cell + " ".repeat(widest - width(cell) + 1);
    }).join("")
  );
}
