/**
 * What a shell may offer for the word under the cursor, from the option tables of the commands.
 *
 * @module
 */

import { type Command, type CommandTable, findCommand } from "../app/command.ts";
import { commonOptions, type Options } from "../app/option.ts";
import type { Completion, Listed } from "../app/value_type.ts";

/** A word that a shell may offer. */
export interface Candidate {
  /** The word. */
  readonly word: string;
  /** What it means, where that is known. */
  readonly meaning: string;
}

/** What a shell may offer: words, or what it finds itself. */
export type Offer =
  | { readonly kind: "words"; readonly candidates: readonly Candidate[] }
  | { readonly kind: "file" | "directory" }
  | ListedOffer;

/** What a command lists. */
export interface ListedOffer {
  /** What is listed. */
  readonly kind: Listed;
  /** What the words that are offered begin with. */
  readonly prefix: string;
  /** The options that were typed before, with their values. */
  readonly options: readonly string[];
  /** The operands that were typed before. */
  readonly operands: readonly string[];
}

/** The words of a command line up to the cursor. */
interface Line {
  /** The words before the one under the cursor. */
  readonly before: readonly string[];
  /** The word under the cursor, up to the cursor. */
  readonly current: string;
  /** What stands before the value in the same word: `--reason=`, else nothing. */
  readonly attached: string;
}

/**
 * Completes a command line.
 *
 * @param words The words behind `dari`; the last is the one under the cursor and may be empty.
 * @param table All commands; only the one that is typed is loaded.
 * @returns What to offer.
 */
export async function complete(words: readonly string[], table: CommandTable): Promise<Offer> {
  const line = lineOf(words);
  const found = findCommand(line.before, table);
  if (found === undefined) return offer(line, commandsAfter(line.before, table));
  const { command } = await found.entry.load();
  const typed = line.before.slice(found.name.split(" ").length);
  return completeArguments(command, { ...line, before: typed });
}

/** bash splits `--reason=x` into three words; elsewhere it is one. */
function lineOf(words: readonly string[]): Line {
  const rest = words.slice(0, -1).filter((word, at, all) =>
    !(word === "=" && all[at - 1]?.startsWith("--"))
  );
  const last = words.at(-1) ?? "";
  // Behind the name of a param there is nothing to offer.
  const isParam = !(rest.at(-1) ?? "").startsWith("--");
  if (last === "=") return { before: rest, current: isParam ? last : "", attached: "" };
  const [, option, value = ""] = /^(--[^=]+)=(.*)$/s.exec(last) ?? [];
  if (option === undefined) return { before: rest, current: last, attached: "" };
  return { before: [...rest, option], current: value, attached: `${option}=` };
}

function commandsAfter(before: readonly string[], table: CommandTable): Candidate[] {
  const found = new Map<string, string>();
  for (const [name, { summary }] of Object.entries(table)) {
    const parts = name.split(" ");
    const next = parts[before.length];
    if (next === undefined || before.some((word, at) => word !== parts[at])) continue;
    found.set(next, parts.length === before.length + 1 ? summary : "");
  }
  if (before.length === 0) found.set("--help", "").set("--version", "");
  return Array.from(found, ([word, meaning]) => ({ word, meaning }));
}

function completeArguments(command: Command, line: Line): Offer {
  const options: Options = { ...command.options, ...commonOptions };
  const typed = readTyped(line.before, options);
  if (typed.open !== undefined) return offerValue(typed.open, line, typed);
  if (line.current.startsWith("-") && !typed.hasEnded) return offer(line, left(options, typed));
  const operand = operandAt(command, typed.operands.length);
  if (operand !== undefined) return offerValue(operand, line, typed);
  return offer(line, typed.hasEnded ? [] : left(options, typed));
}

/** What stands before the cursor. */
interface Typed {
  /** The operands. */
  readonly operands: readonly string[];
  /** The options with their values. */
  readonly options: readonly string[];
  /** The type of the value that the last option waits for. */
  readonly open: Completion | undefined;
  /** Whether `--` has ended the options. */
  readonly hasEnded: boolean;
}

function readTyped(words: readonly string[], options: Options): Typed {
  const end = words.indexOf("--");
  const rest = end < 0 ? words : words.slice(0, end);
  const given: string[] = [];
  let open: Completion | undefined;
  const operands: string[] = [];
  for (const word of rest) {
    if (open !== undefined) {
      given.push(word);
      open = undefined;
    } else if (word.startsWith("--")) {
      given.push(word);
      const name = word.slice(2);
      if (Object.hasOwn(options, name)) open = options[name]?.type?.completes;
    } else if (!word.startsWith("-")) operands.push(word);
  }
  const hasEnded = end >= 0;
  return {
    operands: hasEnded ? [...operands, ...words.slice(end + 1)] : operands,
    options: given,
    open: hasEnded ? undefined : open,
    hasEnded,
  };
}

function operandAt({ operands }: Command, index: number): Completion | undefined {
  const all = Object.values(operands);
  const last = all.at(-1);
  const operand = all[index] ?? (last?.isRepeatable ? last : undefined);
  return operand?.type.completes;
}

function left(options: Options, { options: typed }: Typed): Candidate[] {
  return Object.entries(options)
    .filter(([name, { isRepeatable }]) => isRepeatable || !typed.includes(`--${name}`))
    .map(([name, { help }]) => ({ word: `--${name}`, meaning: help }));
}

function offerValue(
  completes: Completion,
  line: Line,
  { options, operands }: Pick<Typed, "options" | "operands">,
): Offer {
  switch (completes) {
    case "nothing":
      return { kind: "words", candidates: [] };
    case "file":
    case "directory":
      return { kind: completes };
    case "method":
    case "param":
    case "queue":
    case "topic":
    case "account":
    case "key":
    case "session":
    case "certificate":
      return { kind: completes, prefix: line.current, options, operands };
    default:
      return offer(line, completes.map((word) => ({ word, meaning: "" })));
  }
}

function offer({ current, attached }: Line, candidates: readonly Candidate[]): Offer {
  return {
    kind: "words",
    candidates: candidates
      .filter(({ word }) => word.startsWith(current))
      .map(({ word, meaning }) => ({ word: `${attached}${word}`, meaning })),
  };
}
