/**
 * From the words of a command line to what a command asked for.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { DariError } from "../../base/errors.ts";
import type { Arguments, Flags } from "./command.ts";

/** The options that every command takes. */
const COMMON = ["help", "json"];

/**
 * Reads a command line.
 *
 * @param words What the user typed behind the command's name.
 * @param flags What the command takes.
 * @returns The options and the other words.
 * @throws {DariError} `usage` for an option that the command does not take or that lacks its value.
 */
export function readArguments(words: readonly string[], flags: Flags): Arguments {
  const string = flags.string ?? [];
  const boolean = [...flags.boolean ?? [], ...COMMON];
  const parsed = parseArgs(tieDashes(words, string), {
    string: ["_", ...string],
    boolean,
    collect: flags.collect ?? [],
    "--": true,
    unknown(word, key) {
      if (key === undefined) return true;
      throw new DariError("usage", `There is no option ${word}; see --help`);
    },
  });
  const valueOf = (name: string): string | undefined => {
    const value = parsed[name];
    if (value === "") throw new DariError("usage", `--${name} needs a value; see --help`);
    return typeof value === "string" ? value : undefined;
  };
  for (const name of string) valueOf(name);
  return {
    words: [...parsed._.map(String), ...parsed["--"] ?? []],
    option: valueOf,
    options: (name) => [parsed[name] ?? []].flat().map(String),
    flag: (name) => parsed[name] === true,
  };
}

/** A lone `-`, which stands for standard input, is taken for an option unless it is tied to its own. */
function tieDashes(words: readonly string[], names: readonly string[]): string[] {
  const tied: string[] = [];
  for (const word of words) {
    const last = tied.at(-1);
    if (word === "-" && last?.startsWith("--") && names.includes(last.slice(2))) {
      tied[tied.length - 1] = `${last}=-`;
    } else tied.push(word);
  }
  return tied;
}
