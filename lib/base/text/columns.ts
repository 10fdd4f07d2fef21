/**
 * How wide a text is on a terminal.
 *
 * @module
 */

/** Letters that take two columns: Hangul, Han, Kana, full-width forms and emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/gu;

/** Marks on the letter before them, joiners, and the vowels and finals of Hangul in parts. */
const NONE = /[\p{Mn}\p{Me}\u200b-\u200d\u1160-\u11ff]/gu;

/**
 * Counts the columns of a text.
 *
 * @param text A text without controls.
 * @returns Two for each wide letter, none for marks on one, one for any other.
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
  const countOf = (letters: RegExp) => text.match(letters)?.length ?? 0;
  return Array.from(text).length + countOf(WIDE) - countOf(NONE);
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

/**
 * Puts spaces before a text.
 *
 * @param text The text.
 * @param width How wide it becomes, in columns; a wider one stays as it is.
 * @returns The text with spaces before it.
 */
export function alignColumns(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - columnsOf(text))) + text;
}

/**
 * Cuts a text where a line of the terminal ends.
 *
 * @param text The text.
 * @param width The most columns that are left of it.
 * @returns Its beginning, in whole letters.
 */
export function cutColumns(text: string, width: number): string {
  let [kept, left] = ["", width];
  for (const letter of text) {
    left -= columnsOf(letter);
    if (left < 0) break;
    kept += letter;
  }
  return kept;
}
