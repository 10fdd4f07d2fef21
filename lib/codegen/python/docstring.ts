/**
 * Docstrings of Python.
 *
 * @module
 * @see PEP 257
 */

import { commentLines } from "../text/quote.ts";
import { COMMENT_WIDTH } from "../text/width.ts";

/**
 * Writes a docstring.
 *
 * @param text What it says; it may come from a stranger.
 * @param indent The white space in front of its lines.
 * @returns Its lines; none where it says nothing.
 */
export function docstring(text: string, indent: string): string[] {
  const lines = commentLines(text, COMMENT_WIDTH - indent.length).map((line) =>
    line.replaceAll("\\", "\\\\").replaceAll('"""', '\\"\\"\\"')
  );
  const [first = "", ...rest] = lines;
  if (lines.length === 0) return [];
  if (rest.length > 0) {
    return [`"""${first}`, ...rest, '"""'].map((line) => line === "" ? "" : indent + line);
  }
  return [`${indent}"""${first.endsWith('"') ? `${first.slice(0, -1)}\\"` : first}"""`];
}

/** Lines of comments. */
export function comment(text: string | undefined, indent: string): string[] {
  if (text === undefined) return [];
  return commentLines(text, COMMENT_WIDTH - indent.length).map((line) =>
    `${indent}# ${line}`.trimEnd()
  );
}
