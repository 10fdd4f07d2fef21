/**
 * From the words of a command line to what a command asked for.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { DariError } from "../../base/errors.ts";
import type { Arguments, Command } from "./command.ts";
import { commonOptions, labelOf, type Operand, type Options } from "./option.ts";
import { nearest } from "./suggest.ts";
import { listOf } from "./value_type.ts";

/**
 * Reads a command line by the option table of its command.
 *
 * @param words What the user typed behind the command's name.
 * @param command The command.
 * @param name The command's name, for errors.
 * @returns The options and the operands.
 * @throws {DariError} `usage` for an option that the command does not take, a value that is none, and
 * for what is missing or too much.
 */
export function parseArguments(
  words: readonly string[],
  command: Command,
  name: string,
): Arguments {
  const options: Options = { ...commonOptions, ...command.options };
  const { texts, others } = split(words, options, name);
  const missing: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(options)) {
    const given = texts(key, option.letter);
    if (given.includes("")) {
      throw new DariError("usage", `--${key} needs a value; see dari ${name} --help`);
    }
    if (option.isRequired && given.length === 0) missing.push(labelOf(key, options));
    else values[key] = option.read(given, `--${key}`);
  }
  const operands = readOperands(others, command, name, missing);
  if (missing.length > 0) {
    const [example] = [command.examples[0] ?? name].flat();
    throw new DariError("usage", `Missing ${listOf(missing, "and")}; for instance: ${example}`);
  }
  return { operands, options: values as Arguments["options"] };
}

function split(words: readonly string[], options: Options, name: string) {
  const names = Object.entries(options).flatMap(([key, { letter, type }]) =>
    [key, letter ?? []].flat().map((each) => ({ each, isFlag: type === undefined }))
  );
  const string = names.filter(({ isFlag }) => !isFlag).map(({ each }) => each);
  const boolean = names.filter(({ isFlag }) => isFlag).map(({ each }) => each);
  refuseValues(words, boolean, name);
  const parsed = parseArgs(tieDashes(words, string), {
    string: ["_", ...string],
    boolean,
    collect: string,
    "--": true,
    unknown(word, key) {
      if (key === undefined) return true;
      const typed = JSON.stringify(word.replace(/=.*/s, "")).slice(1, -1);
      // What somebody meant is never the opposite.
      const candidates = Object.keys(options).filter((each) => each !== `no-${key}`);
      const meant = nearest(key, candidates);
      const hint = meant === undefined ? `see dari ${name} --help` : `did you mean --${meant}?`;
      throw new DariError("usage", `There is no option ${typed}; ${hint}`);
    },
  });
  const given = (key: string | undefined): string[] => {
    const value: unknown = key === undefined ? undefined : parsed[key];
    return value === true ? ["true"] : Array.isArray(value) ? value.map(String) : [];
  };
  return {
    texts: (key: string, letter: string | undefined) => [...given(letter), ...given(key)],
    others: [...parsed._.map(String), ...parsed["--"] ?? []],
  };
}

/** Taken for its flag, `--yes=no` would be the opposite of what it says. */
function refuseValues(words: readonly string[], flags: readonly string[], name: string): void {
  const dashes = words.indexOf("--");
  for (const word of dashes < 0 ? words : words.slice(0, dashes)) {
    const flag = /^--?([^=]+)=/.exec(word)?.[1];
    if (flag === undefined || !flags.includes(flag)) continue;
    throw new DariError("usage", `--${flag} takes no value; see dari ${name} --help`);
  }
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

function readOperands(
  words: readonly string[],
  { operands }: Command,
  name: string,
  missing: string[],
): Record<string, unknown> {
  const left = [...words];
  const read = ([key, operand]: [string, Operand<unknown>]): [string, unknown] => {
    const taken = left.splice(0, operand.isRepeatable ? left.length : 1);
    if (operand.isRequired && taken.length === 0) {
      missing.push(operand.type.placeholder);
      return [key, undefined];
    }
    return [key, operand.read(taken)];
  };
  const values = Object.entries(operands).map(read);
  if (left.length > 0) {
    const [first] = left;
    throw new DariError("usage", `Unexpected ${JSON.stringify(first)}; see dari ${name} --help`);
  }
  return Object.fromEntries(values);
}
