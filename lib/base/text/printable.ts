/**
 * Text of strangers, made safe to show.
 *
 * @module
 */

/** C0 and C1 controls, the separators of lines, and what turns the direction of writing. */
// deno-lint-ignore no-control-regex -- control characters are what it looks for
const UNSAFE = /[\x00-\x1f\x7f-\x9f\u2028\u2029\p{Bidi_Control}]/gu;

/**
 * Makes text safe for one line of a terminal or a file: nothing in it moves the cursor, begins a
 * line or turns the direction of writing. JSON keeps its meaning.
 *
 * @param text Any text.
 * @returns The text with controls, line separators and bidirectional controls as `\u000a`.
 *
 * @example
 * ```ts
 * import { escapeControls } from "./printable.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(escapeControls("a\nb"), "a\\u000ab");
 * ```
 * @see {@link https://www.unicode.org/reports/tr9/ | UAX 9}, Bidi_Control
 */
export function escapeControls(text: string): string {
  return text.replace(UNSAFE, escapeUnit);
}

/**
 * Makes text of several lines safe for a terminal: as {@linkcode escapeControls}, but its line feeds
 * and tabs stay.
 *
 * @param text Any text.
 * @returns The text with every other control escaped.
 *
 * @example
 * ```ts
 * import { escapeLines } from "./printable.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(escapeLines("a\n\x1b[2J"), "a\n\\u001b[2J");
 * ```
 */
export function escapeLines(text: string): string {
  return text.replace(UNSAFE, (unit) => unit === "\n" || unit === "\t" ? unit : escapeUnit(unit));
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
