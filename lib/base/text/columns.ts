/**
 * How wide a text is on a terminal.
 *
 * @module
 */

/** Letters that take two columns: Hangul, Han, Kana and full-width forms. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]/g;

/**
 * Counts the columns of a text.
 *
 * @param text A text without controls.
 * @returns Two for each wide letter, one for any other.
 *
 * @example
 * ```ts
 * import { columnsOf } from "./columns.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(columnsOf("dari 다리"), 9);
 * ```
 * @see {@link https://www.unicode.org/reports/tr11/ | UAX 11}, East Asian Width
 */
export function columnsOf(text: string): number {
  return Array.from(text).length + (text.match(WIDE)?.length ?? 0);
}

/**
 * Fills a text with spaces.
 *
 * @param text The text.
 * @param width How wide it becomes, in columns; a wider one stays as it is.
 * @returns The text with spaces behind it.
 */
export function padColumns(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - columnsOf(text)));
}
