/**
 * The text of a command's `--help`, made from what the command declares.
 *
 * @module
 */

import type { Command, CommandTable } from "../app/command.ts";
import { commonOptions, labelOf, type Operand, type Option, type Options } from "../app/option.ts";
import { asTyped, type Program } from "../app/program.ts";
import { listOf } from "../app/value_type.ts";
import { COLUMNS, formatRows, type Row, wrap } from "./layout.ts";

/** The widest label that its meaning stands beside; a wider one has a line of its own. */
const WIDEST_LABEL = 22;

/** A command, and how it is found. */
export interface NamedCommand {
  /** Its name: `cert issue`. */
  readonly name: string;
  /** What it does. */
  readonly summary: string;
  /** What it declares. */
  readonly command: Command;
}

/**
 * The help of one command.
 *
 * @param named The command.
 * @param program How the program is called.
 * @param table All commands, of which the text may tell.
 * @returns Lines of at most 80 columns; they open with the examples.
 */
export function formatHelp(named: NamedCommand, program: Program, table: CommandTable): string {
  const { summary } = named;
  const say = (text: string) => asTyped(text, program, table);
  // A compiled service has its module in it.
  const isOwn = program.isService && named.name === "serve";
  const command = isOwn ? withoutModule(named.command) : named.command;
  const { json, help, ...own } = { ...commonOptions, ...command.options } as Options;
  const options = { ...own, json, help } as Options;
  const operandRows = Object.values(command.operands)
    .map((operand): Row => [operand.type.placeholder, say(meaningOf(operand))]);
  const optionRows = Object.entries(options)
    .map(([key, option]): Row => [labelWithLetter(key, options), say(meaningOf(option))]);
  const rows = [...operandRows, ...optionRows];
  const width = Math.min(WIDEST_LABEL, Math.max(...rows.map(([label]) => label.length)));
  return [
    formatExamples(command, say),
    wrap(`${summary}.`),
    wrap(`Usage: ${say(usageOf(named.name, command))}`),
    formatRows(operandRows, width),
    formatRows(optionRows, width),
    ...command.notes.map((note) => wrap(say(note))),
    isOwn ? wrap(say("dari help lists the commands for accounts, keys and certificates.")) : [],
  ].filter((part) => part.length > 0).map((lines) => lines.join("\n")).join("\n\n");
}

function withoutModule(command: Command): Command {
  const examples = command.examples.filter((each) => !/\.ts\b/.test([each].flat().join(" ")));
  return { ...command, operands: {}, examples };
}

function formatExamples({ examples }: Command, say: (text: string) => string): string[] {
  const rows = examples.map((each): Row => {
    const [line, meaning = ""] = typeof each === "string" ? [each] : each;
    return [say(line), meaning];
  });
  const width = Math.max(...rows.map(([line, meaning]) => meaning === "" ? 0 : line.length));
  return rows.flatMap(([line, meaning]) => {
    const whole = `  ${line.padEnd(width)}  ${meaning}`.trimEnd();
    if (whole.length <= COLUMNS) return [whole];
    const [first = "", ...rest] = wrap(line, COLUMNS - 6);
    const broken = [`  ${first}`, ...rest.map((part) => `    ${part}`)];
    const typed = broken.map((part, at) => at < broken.length - 1 ? `${part} \\` : part);
    return meaning === "" ? typed : [...typed, `    # ${meaning}`];
  });
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
