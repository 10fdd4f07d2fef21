/**
 * The texts of `--help`, made from what the commands declare.
 *
 * @module
 */

import { labelOf } from "./arguments.ts";
import type { Command, CommandTable } from "./command.ts";
import { commonOptions, type Operand, type Option, type Options } from "./option.ts";
import { listOf } from "./value_type.ts";

const COLUMNS = 80;
/** The widest label that its meaning stands beside; a wider one has a line of its own. */
const WIDEST_LABEL = 22;

/**
 * The help of one command.
 *
 * @param name Its name: `cert issue`.
 * @param summary What it does.
 * @param command What it declares.
 * @returns Lines of at most 80 columns; they open with the examples.
 */
export function formatHelp(name: string, summary: string, command: Command): string {
  const { json, help, ...own } = { ...commonOptions, ...command.options } as Options;
  const options = { ...own, json, help } as Options;
  const operandRows = Object.values(command.operands)
    .map((operand): Row => [operand.type.placeholder, meaningOf(operand)]);
  const optionRows = Object.entries(options)
    .map(([key, option]): Row => [labelWithLetter(key, options), meaningOf(option)]);
  const rows = [...operandRows, ...optionRows];
  const width = Math.min(WIDEST_LABEL, Math.max(...rows.map(([label]) => label.length)));
  return [
    formatExamples(command),
    wrap(`${summary}.`),
    [`Usage: ${usageOf(name, command)}`],
    formatRows(operandRows, width),
    formatRows(optionRows, width),
    ...command.notes.map((note) => wrap(note)),
  ].filter((part) => part.length > 0).map((lines) => lines.join("\n")).join("\n\n");
}

/**
 * The help of dari: its commands, in one line each.
 *
 * @param table All commands.
 * @returns Lines of at most 80 columns.
 */
export function formatOverview(table: CommandTable): string {
  const rows = new Map<string, string>();
  for (const [name, { summary }] of Object.entries(table)) {
    const [noun = "", verb] = name.split(" ");
    const before = rows.get(noun);
    rows.set(
      noun,
      verb === undefined ? summary : before === undefined ? verb : `${before}, ${verb}`,
    );
  }
  return `dari: programs that talk to each other safely

  dari serve                          start a server with sample methods
  dari call add a=10 b=20             call it from another terminal

Commands:
${columnsOf([...rows])}

dari COMMAND --help tells more. --json prints one JSON value; --version prints
the version.`;
}

/**
 * The help of a noun: its verbs, in one line each.
 *
 * @param noun The noun: `cert`.
 * @param table All commands.
 * @returns Lines of at most 80 columns; none where there is no such noun.
 */
export function formatVerbs(noun: string, table: CommandTable): string {
  const names = Object.entries(table).filter(([name]) => name.startsWith(`${noun} `));
  return columnsOf(names.map(([name, { summary }]): Row => [name, summary]));
}

type Row = readonly [label: string, meaning: string];

function columnsOf(rows: readonly Row[]): string {
  return formatRows(rows, Math.max(0, ...rows.map(([label]) => label.length))).join("\n");
}

function formatExamples({ examples }: Command): string[] {
  const width = Math.max(...examples.map((each) => typeof each === "string" ? 0 : each[0].length));
  return examples.map((each) =>
    typeof each === "string" ? `  ${each}` : `  ${each[0].padEnd(width)}  ${each[1]}`
  );
}

function usageOf(name: string, { operands }: Command): string {
  const words = Object.values(operands).map(({ type, isRepeatable, isRequired }) => {
    const word = `${type.placeholder}${isRepeatable ? "..." : ""}`;
    return isRequired ? word : `[${word}]`;
  });
  return ["dari", name, ...words, "[OPTION...]"].join(" ");
}

function labelWithLetter(key: string, options: Options): string {
  const letter = options[key]?.letter;
  return `${letter === undefined ? "" : `-${letter}, `}${labelOf(key, options)}`;
}

function meaningOf(item: Option<unknown> | Operand<unknown>): string {
  const completes = item.type?.completes;
  const isOption = "defaultText" in item;
  const notes = [
    isOption && item.isRequired ? "required" : "",
    isOption && item.isRepeatable ? "may be repeated" : "",
    isOption && item.defaultText !== undefined ? `default ${item.defaultText}` : "",
  ].filter(Boolean).join("; ");
  const choices = Array.isArray(completes) ? `: ${listOf(completes)}` : "";
  return `${item.help}${choices}${notes === "" ? "" : ` (${notes})`}`;
}

function formatRows(rows: readonly Row[], width: number): string[] {
  const indent = width + 4;
  return rows.flatMap(([label, meaning]) => {
    const [first = "", ...rest] = wrap(meaning, COLUMNS - indent);
    const more = rest.map((line) => `${" ".repeat(indent)}${line}`);
    return label.length > width
      ? [`  ${label}`, `${" ".repeat(indent)}${first}`, ...more]
      : [`  ${label.padEnd(width)}  ${first}`.trimEnd(), ...more];
  });
}

/** Breaks between words; a word that is longer than a line has one of its own. */
function wrap(text: string, width = COLUMNS): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}
