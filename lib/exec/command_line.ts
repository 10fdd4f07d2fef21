/**
 * The command line of a program, read as a shell reads words and nothing else.
 *
 * @module
 */

import { DariError } from "../base/errors.ts";

/** A program and its arguments. */
export interface ProgramCommand {
  /** The program, as PATH finds it. */
  readonly program: string;
  /** Its arguments. */
  readonly args: readonly string[];
}

/** What a shell would do something with. */
const OF_A_SHELL = /[|&;<>()$`*?~#\n]/;

/**
 * Splits a command line. Words end at spaces; `'…'` and `"…"` keep spaces, and a backslash the
 * character behind it, as POSIX says of words (Shell Command Language, section 2.2). There is no shell:
 * variables, pipes and patterns have no meaning, and outside quotes they are refused.
 *
 * @param text The command line.
 * @returns The program and its arguments.
 * @throws {DariError} `usage` for an empty one, a quote without its end, and what only a shell knows.
 *
 * @example
 * ```ts
 * import { parseCommand } from "./command_line.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const { program, args } = parseCommand("python3 service.py --name 'my service'");
 * assertEquals([program, ...args], ["python3", "service.py", "--name", "my service"]);
 * ```
 */
export function parseCommand(text: string): ProgramCommand {
  const [program, ...args] = wordsOf(text);
  if (program === undefined || program === "") {
    throw new DariError("usage", "The command line names no program");
  }
  return { program, args };
}

function wordsOf(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === "'" || character === '"') {
      const [inside, end] = quoted(text, at);
      word = (word ?? "") + inside;
      at = end;
    } else if (character === "\\") {
      if (++at === text.length) throw new DariError("usage", "A backslash ends the command line");
      word = (word ?? "") + text[at];
    } else if (character === " " || character === "\t") {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      refuseShell(character);
      word = (word ?? "") + character;
    }
  }
  return word === undefined ? words : [...words, word];
}

/** The text between quotes, and the place of the closing one. */
function quoted(text: string, start: number): [inside: string, end: number] {
  const quote = text[start]!;
  let inside = "";
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at]!;
    if (character === quote) return [inside, at];
    // In double quotes a backslash keeps only these.
    const next = text[at + 1] ?? "";
    if (quote === '"' && character === "\\" && '"\\$`'.includes(next) && next !== "") at++;
    inside += text[at];
  }
  throw new DariError("usage", `The command line has a ${quote} without its end`);
}

function refuseShell(character: string): void {
  if (!OF_A_SHELL.test(character)) return;
  throw new DariError(
    "usage",
    `No shell reads the command line, so "${character}" has no meaning there: put it in quotes, ` +
      "or write a script and name that",
  );
}
