/**
 * Comments of TypeScript.
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
export function comment(text: string | undefined, indent: string): string[] {
  const lines = commentLines(text ?? "", COMMENT_WIDTH - indent.length)
    .map((line) => line.replaceAll("*/", "*\\/"));
  const [first] = lines;
  if (first === undefined) return [];
  if (lines.length === 1) return [`${indent}/** ${first} */`];
  const inner = lines.map((line) => `${indent} * ${line}`.trimEnd());
  return [`${indent}/**`, ...inner, `${indent} */`];
}
