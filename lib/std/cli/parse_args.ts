/**
 * The part of `@std/cli/parse-args` that dari uses. `node:util`'s parser is no base for it: there a
 * missing value swallows the next option.
 *
 * @module
 */

/** The options of {@linkcode parseArgs} that dari uses, as upstream names them. */
export interface ParseOptions {
  /** Names of options that take a value; `_` keeps words that look like numbers as they are. */
  string?: readonly string[];
  /** Names of options that take none; absent ones are `false`. */
  boolean?: readonly string[];
  /** Names of options that may be given several times; absent ones are `[]`. */
  collect?: readonly string[];
  /** Names of options that `--no-NAME` sets to `false`. */
  negatable?: readonly string[];
  /**
   * Called for a word, and with `key` and `value` for an option that no list names; `false` leaves
   * it out of the result.
   */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
  /** Put what follows `--` into the member of that name instead of `_`. */
  "--"?: boolean;
}

/** The words that are no options in `_`, and a member for each option. */
export interface Args {
  /** The words that are no options. */
  _: (string | number)[];
  /** The words behind `--`, where that was asked for. */
  "--"?: string[];
  /** The options by name. */
  // deno-lint-ignore no-explicit-any
  [name: string]: any;
}

const NUMBER = /^(?:0x[0-9a-f]+|[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?)$/i;

/**
 * Splits a command line into options and words. A word after `--name` is its value unless the
 * option is a boolean or the word begins with `-`; numeric values become numbers unless `string`
 * names the option.
 *
 * @param args The words of the command line.
 * @param options Which options there are.
 * @returns The options by name and the rest in `_`.
 */
export function parseArgs(args: readonly string[], options: ParseOptions = {}): Args {
  const { string = [], boolean = [], collect = [], negatable = [], unknown } = options;
  const result: Args = { _: [] };
  for (const name of boolean) result[name] = collect.includes(name) ? [] : false;
  for (const name of string) if (collect.includes(name)) result[name] = [];

  const set = (arg: string, key: string, given: string | boolean) => {
    const isKnown = boolean.includes(key) || string.includes(key);
    if (!isKnown && unknown?.(arg, key, given) === false) return;
    const value = string.includes(key) ? given : withNumber(given);
    if (collect.includes(key)) (result[key] ??= []).push(value);
    else result[key] = value;
  };

  const end = args.indexOf("--");
  const before = end < 0 ? args : args.slice(0, end);
  for (let i = 0; i < before.length; i++) {
    const arg = before[i] ?? "";
    const { dashes, name, value } = splitOption(arg);
    if (name === undefined) {
      if (unknown?.(arg) !== false) result._.push(string.includes("_") ? arg : withNumber(arg));
      continue;
    }
    const letters = dashes === "-" ? [...name] : [name];
    for (const letter of letters.slice(0, -1)) {
      set(arg, letter, string.includes(letter) ? "" : true);
    }
    const key = letters.at(-1) ?? "";
    const next = before[i + 1];
    if (value !== undefined) {
      set(arg, key, boolean.includes(key) ? value === "true" : value);
    } else if (dashes === "--" && key.startsWith("no-") && negatable.includes(key.slice(3))) {
      result[key.slice(3)] = false;
    } else if (next && (boolean.includes(key) ? /^(true|false)$/ : /^[^-]/).test(next)) {
      set(arg, key, boolean.includes(key) ? next === "true" : next);
      i++;
    } else {
      set(arg, key, string.includes(key) ? "" : true);
    }
  }

  const after = end < 0 ? [] : args.slice(end + 1);
  if (options["--"]) result["--"] = after;
  else result._.push(...after);
  return result;
}

function splitOption(arg: string): { dashes?: string; name?: string; value?: string } {
  const groups = /^(?<dashes>--?)(?<name>[^-=][^=]*)(?:=(?<value>.*))?$/s.exec(arg)?.groups;
  return groups ?? {};
}

function withNumber<T>(value: T): T | number {
  return typeof value === "string" && NUMBER.test(value) ? Number(value) : value;
}
