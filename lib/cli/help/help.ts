/**
 * The text of a command's `--help`, made from what the command declares.
 *
 * @module
 */

import type { Command, CommandTable } from "../app/command.ts";
import { commonOptions, labelOf, type Operand, type Option, type Options } from "../app/option.ts";
import { isTranslated, translate } from "../language/translate.ts";
import type { Language } from "../language/language.ts";
import { columnsOf, padColumns } from "../../base/text/columns.ts";
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
 * @param locale The language of the user.
 * @returns Lines of at most 80 columns; they open with the examples.
 */
export function formatHelp(
  named: NamedCommand,
  program: Program,
  table: CommandTable,
  locale: Language = "en",
): string {
  const { tell, say, command, isOwn } = speechOf(named, program, table, locale);
  const { summary } = named;
  const { json, help, ...own } = { ...commonOptions, ...command.options } as Options;
  const options = { ...own, json, help } as Options;
  const operandRows = Object.values(command.operands)
    .map((operand): Row => [operand.type.placeholder, say(meaningOf(operand, tell))]);
  const optionRows = Object.entries(options)
    .map(([key, option]): Row => [labelWithLetter(key, options), say(meaningOf(option, tell))]);
  const rows = [...operandRows, ...optionRows];
  const width = Math.min(WIDEST_LABEL, Math.max(...rows.map(([label]) => label.length)));
  return [
    formatExamples(command, say),
    wrap(`${tell(summary)}.`),
    wrap(tell(`Usage: ${say(usageOf(named.name, command, tell))}`)),
    formatRows(operandRows, width),
    formatRows(optionRows, width),
    ...command.notes.map((note) => wrap(say(note))),
    isOwn ? wrap(say("dari help lists the commands for accounts, keys and certificates.")) : [],
  ].filter((part) => part.length > 0).map((lines) => lines.join("\n")).join("\n\n");
}

/** How the help of a command speaks: its language, the names to type, and what this program has of it. */
export function speechOf(
  { name, summary, command }: NamedCommand,
  program: Program,
  table: CommandTable,
  locale: Language,
) {
  // A page is in one language alone.
  const language = isTranslated(summary, locale) ? locale : "en";
  const tell = (text: string) => translate(text, language);
  const say = (text: string) => asTyped(tell(text), program, table);
  // A compiled service has its module in it.
  const isOwn = program.isService && name === "serve";
  return { tell, say, isOwn, command: isOwn ? withoutModule(command) : command };
}

function withoutModule(command: Command): Command {
  const examples = command.examples.filter((each) => !/\.ts\b/.test([each].flat().join(" ")));
  const notes = command.notes.filter((note) => !/\bMODULE\b/.test(note));
  return { ...command, operands: {}, examples, notes };
}

function formatExamples({ examples }: Command, say: (text: string) => string): string[] {
  const rows = examples.map((each): Row => {
    const [line, meaning = ""] = typeof each === "string" ? [each] : each;
    return [say(line), say(meaning)];
  });
  const width = Math.max(...rows.map(([line, meaning]) => meaning === "" ? 0 : columnsOf(line)));
  return rows.flatMap(([line, meaning]) => {
    const whole = `  ${padColumns(line, width)}  ${meaning}`.trimEnd();
    if (columnsOf(whole) <= COLUMNS) return [whole];
    const [first = "", ...rest] = wrap(line, COLUMNS - 6);
    const broken = [`  ${first}`, ...rest.map((part) => `    ${part}`)];
    const typed = broken.map((part, at) => at < broken.length - 1 ? `${part} \\` : part);
    return meaning === "" ? typed : [...typed, `    # ${meaning}`];
  });
}

/** How a command is called. */
export function usageOf(
  name: string,
  { operands }: Command,
  tell: (text: string) => string,
): string {
  const words = Object.values(operands).map(({ type, isRepeatable, isRequired }) => {
    const word = `${type.placeholder}${isRepeatable ? "..." : ""}`;
    return isRequired ? word : `[${word}]`;
  });
  return ["dari", name, ...words, tell("[OPTION...]")].join(" ");
}

function labelWithLetter(key: string, options: Options): string {
  const letter = options[key]?.letter;
  return `${letter === undefined ? "" : `-${letter}, `}${labelOf(key, options)}`;
}

function meaningOf(
  item: Option<unknown> | Operand<unknown>,
  tell: (text: string) => string,
): string {
  const completes = item.type?.completes;
  const isOption = "defaultText" in item;
  const notes = [
    isOption && item.isRequired ? tell("required") : "",
    isOption && item.isRepeatable ? tell("may be repeated") : "",
    isOption && item.defaultText !== undefined ? tell(`default ${item.defaultText}`) : "",
  ].filter(Boolean).join("; ");
  const isEnglish = tell("required") === "required";
  const list = Array.isArray(completes) && (isEnglish ? listOf(completes) : completes.join(", "));
  const choices = list ? `: ${list}` : "";
  return `${tell(item.help)}${choices}${notes === "" ? "" : ` (${notes})`}`;
}
