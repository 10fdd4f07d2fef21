/**
 * The arguments of the programs behind `deno task`: `--help` prints how each is used, and what it does
 * not know is refused before it does anything.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";

const USAGE_EXIT_CODE = 64;

/** What a program takes. */
export interface Accepted<Value extends string, List extends string, Flag extends string> {
  /** Options with a value; the last one counts. */
  readonly values?: readonly Value[];
  /** Options with a value that may be given several times. */
  readonly lists?: readonly List[];
  /** Options without a value. */
  readonly flags?: readonly Flag[];
  /** How many words it takes that are no options; none by default. */
  readonly words?: number;
}

/** What was given. */
export type Given<Value extends string, List extends string, Flag extends string> =
  & { readonly words: readonly string[] }
  & { readonly [name in Value]?: string | undefined }
  & { readonly [name in List]: readonly string[] }
  & { readonly [name in Flag]: boolean };

/** Why a program ends before it has begun. */
export interface Ending {
  /** 0 for help, 64 for arguments that it does not take. */
  readonly exitCode: number;
  /** What it says. */
  readonly text: string;
}

/**
 * Reads arguments.
 *
 * @param given The words behind the program's name.
 * @param usage How the program is used.
 * @param accepted What it takes.
 * @returns What was given, or how the program ends.
 */
export function parseArguments<
  Value extends string = never,
  List extends string = never,
  Flag extends string = never,
>(
  given: readonly string[],
  usage: string,
  { values = [], lists = [], flags = [], words: mostWords = 0 }: Accepted<Value, List, Flag>,
): Given<Value, List, Flag> | Ending {
  const unknown: string[] = [];
  const parsed: Record<string, unknown> = parseArgs([...given], {
    string: ["_", ...values, ...lists],
    boolean: [...flags, "help"],
    collect: lists,
    alias: { help: "h" },
    unknown: (arg, name) => {
      if (name !== undefined) unknown.push(arg);
      return name === undefined;
    },
  });
  if (parsed.help) return { exitCode: 0, text: usage };
  const words = (parsed._ as unknown[]).map(String);
  const refuse = (reason: string) => ({ exitCode: USAGE_EXIT_CODE, text: `${reason}\n${usage}` });
  const [stranger = words[mostWords]] = unknown;
  if (stranger !== undefined) return refuse(`Unknown argument "${stranger}".`);
  for (const name of [...values, ...lists]) {
    if ([parsed[name]].flat().includes("")) return refuse(`--${name} needs a value.`);
  }
  return { ...parsed, words } as unknown as Given<Value, List, Flag>;
}

/**
 * Reads the arguments of this program. For `--help`, and for what it does not take, it prints how the
 * program is used and ends it.
 *
 * @param usage How the program is used.
 * @param accepted What it takes.
 * @returns What was given.
 */
export function readArguments<
  Value extends string = never,
  List extends string = never,
  Flag extends string = never,
>(usage: string, accepted: Accepted<Value, List, Flag> = {}): Given<Value, List, Flag> {
  const found = parseArguments(Deno.args, usage, accepted);
  if ("exitCode" in found) Deno.exit(end(found as Ending));
  return found;
}

/**
 * Says that a program was used wrongly, where only the program can tell.
 *
 * @param text What is wrong, or how the program is used.
 * @returns The exit code.
 */
export function misuse(text: string): number {
  return end({ exitCode: USAGE_EXIT_CODE, text });
}

/**
 * Says why a program ends.
 *
 * @param ending What it says, on standard output where it was asked for help.
 * @returns Its exit code.
 */
export function end({ exitCode, text }: Ending): number {
  if (exitCode === 0) console.log(text);
  else console.error(text);
  return exitCode;
}
