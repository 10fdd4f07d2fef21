/**
 * Text of strangers inside programs: nothing in it may end the literal or the comment that it is in.
 *
 * @module
 */

import { escapeControls } from "../../base/text/printable.ts";

/** The languages, by what they call themselves. */
export type Language = "typescript" | "python" | "go";

/** Stays as it is: ASCII that can be seen, and letters and digits beyond it. */
const VISIBLE = /[\x20-\x7e]|[\p{L}\p{Nd}]/u;
const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/**
 * Writes a text as a literal in double quotes.
 *
 * @param text The text.
 * @param language The language of the literal.
 * @returns The literal. In Go, which has none for it, half a surrogate pair is U+FFFD.
 */
export function quote(text: string, language: Language): string {
  const inner = Array.from(text, (letter) => {
    if (Object.hasOwn(SHORT, letter)) return SHORT[letter];
    return VISIBLE.test(letter) ? letter : escaped(letter.codePointAt(0) ?? 0, language);
  });
  return `"${inner.join("")}"`;
}

function escaped(code: number, language: Language): string {
  const isHalf = code >= 0xd800 && code <= 0xdfff;
  const hex = (isHalf && language === "go" ? 0xfffd : code).toString(16);
  if (hex.length <= 4) return `\\u${hex.padStart(4, "0")}`;
  return language === "typescript" ? `\\u{${hex}}` : `\\U${hex.padStart(8, "0")}`;
}

/**
 * Cuts what a document says into lines of a comment.
 *
 * @param text The text.
 * @param width How many characters a line may have, where its words allow it.
 * @returns The lines, without what moves a cursor or turns the direction of writing, and without
 * needless blank ones.
 */
export function commentLines(text: string, width: number): string[] {
  const lines = text.toWellFormed().split(/\r\n|[\n\r\u2028\u2029]/).flatMap((line) =>
    wrap(escapeControls(line.replaceAll("\t", " ").trim()), width)
  );
  // No blank ones at both ends, and no two in a row.
  const first = lines.findIndex((line) => line !== "");
  return lines.filter((line, at) => line !== "" || (at > first && Boolean(lines[at + 1])));
}

function wrap(line: string, width: number): string[] {
  const lines: string[] = [];
  let rest = "";
  for (const word of line.split(/\s+/)) {
    if (rest !== "" && rest.length + 1 + word.length > width) {
      lines.push(rest);
      rest = word;
    } else rest = rest === "" ? word : `${rest} ${word}`;
  }
  return [...lines, rest];
}
