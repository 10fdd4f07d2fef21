/**
 * The part of `@std/cli/parse-args` that dari uses, over `node:util`'s parser.
 *
 * @module
 */

import { parseArgs as parseTokens } from "node:util";

/** The options of {@linkcode parseArgs} that dari uses, as upstream names them. */
export interface ParseOptions {
  /** Names of options that take a value. */
  string?: readonly string[];
  /** Names of options that take none; absent ones are `false`. */
  boolean?: readonly string[];
  /** Names of options that may be given several times; absent ones are `[]`. */
  collect?: readonly string[];
  /** Called for an option that no list names; `false` leaves it out of the result. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
  /** Put what follows `--` into the member of that name instead of `_`. */
  "--"?: boolean;
}

/** The words that are no options in `_`, and a member for each option. */
export interface Args {
  /** The words that are no options. */
  _: string[];
  /** The words behind `--`, where that was asked for. */
  "--"?: string[];
  /** The options by name. */
  // deno-lint-ignore no-explicit-any
  [name: string]: any;
}

/**
 * Splits a command line into options and words.
 *
 * @param args The words of the command line.
 * @param options Which options there are.
 * @returns The options by name and the rest in `_`.
 */
export function parseArgs(args: readonly string[], options: ParseOptions = {}): Args {
  const strings = new Set(options.string ?? []);
  const collect = new Set(options.collect ?? []);
  const booleans = new Set(options.boolean ?? []);
  const specification: Record<string, { type: "string" | "boolean" }> = {};
  for (const name of strings) specification[name] = { type: "string" };
  for (const name of booleans) specification[name] = { type: "boolean" };

  const result: Args = { _: [] };
  for (const name of booleans) result[name] = false;
  for (const name of collect) result[name] = [];
  if (options["--"]) result["--"] = [];

  const { tokens } = parseTokens({
    args: [...args],
    options: specification,
    strict: false,
    allowPositionals: true,
    allowNegative: true,
    tokens: true,
  });
  let terminated = false;
  for (const token of tokens) {
    switch (token.kind) {
      case "option-terminator":
        terminated = true;
        break;
      case "positional":
        if (terminated && options["--"]) result["--"]?.push(token.value);
        else result._.push(token.value);
        break;
      case "option": {
        const negated = token.rawName.startsWith("--no-") && booleans.has(token.name);
        const value = strings.has(token.name)
          ? token.value ?? ""
          : negated
          ? false
          : token.value === "false"
          ? false
          : token.value === undefined || token.value === "true"
          ? true
          : token.value;
        if (!strings.has(token.name) && !booleans.has(token.name)) {
          const verdict = options.unknown?.(
            token.value === undefined ? token.rawName : `${token.rawName}=${token.value}`,
            token.name,
            value,
          );
          if (verdict === false) break;
        }
        if (collect.has(token.name)) result[token.name].push(value);
        else result[token.name] = value;
        break;
      }
      default:
        token satisfies never;
    }
  }
  return result;
}
