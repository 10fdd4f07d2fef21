/**
 * Lines for a terminal. Text of strangers reaches one only through here.
 *
 * @module
 */

import { escapeLines } from "../../base/text/printable.ts";

/** A text in a style. */
export interface Painted {
  /** The text. */
  readonly text: string;
  /** How it looks where there is colour. */
  readonly style: keyof typeof styles;
}

/** What is printed: a text, or parts of a line one behind the other. */
export type Line = string | readonly (string | Painted)[];

/** Select Graphic Rendition (ECMA-48, 8.3.117). */
const styles = { bold: "1", dim: "2", green: "32", whiteOnBlack: "97;40" } as const;

/**
 * Writes a line as a terminal takes it.
 *
 * @param line The line, or several with LF between them.
 * @param color Whether it may carry colour.
 * @returns The text. Of control characters it has LF, tab and the colours of dari; others are escaped.
 */
export function renderLine(line: Line, color: boolean): string {
  if (typeof line === "string") return escapeLines(line);
  return line.map((part) => {
    if (typeof part === "string") return escapeLines(part);
    const text = escapeLines(part.text);
    return color ? `\x1b[${styles[part.style]}m${text}\x1b[0m` : text;
  }).join("");
}
