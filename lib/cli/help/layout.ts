/**
 * Text in lines that fit a terminal.
 *
 * @module
 */

import { columnsOf, padColumns } from "../../base/text/columns.ts";

/** The width of a terminal that texts fit. */
export const COLUMNS = 80;

/** A label, and what it means. */
export type Row = readonly [label: string, meaning: string];

/**
 * Rows of a label and its meaning.
 *
 * @param rows The rows.
 * @param width The width of the labels; a wider one has a line of its own.
 * @returns Lines of at most 80 columns.
 */
export function formatRows(rows: readonly Row[], width: number): string[] {
  const indent = width + 4;
  return rows.flatMap(([label, meaning]) => {
    const [first = "", ...rest] = wrap(meaning, COLUMNS - indent);
    const more = rest.map((line) => `${" ".repeat(indent)}${line}`);
    return columnsOf(label) > width
      ? [`  ${label}`, `${" ".repeat(indent)}${first}`, ...more]
      : [`  ${padColumns(label, width)}  ${first}`.trimEnd(), ...more];
  });
}

/**
 * Breaks a text between words; a word that is longer than a line has one of its own.
 *
 * @param text The text.
 * @param width The most columns of a line.
 * @returns The lines.
 */
export function wrap(text: string, width = COLUMNS): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && columnsOf(last) + 1 + columnsOf(word) <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}
