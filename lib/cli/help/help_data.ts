/**
 * What `--help` tells, as data: what `dari help --json` prints.
 *
 * @module
 */

import type { CommandTable } from "../app/command.ts";
import { commonOptions, type Operand, type Option, type Options } from "../app/option.ts";
import { asTyped, type Program } from "../app/program.ts";
import type { Language } from "../language/language.ts";
import { type NamedCommand, speechOf, usageOf } from "./help.ts";
import { listed } from "./overview.ts";

/** A command in a list. */
export interface ListedCommand {
  /** Its name: `cert issue`. */
  readonly name: string;
  /** What it does. */
  readonly summary: string;
}

/** A word that a command takes. */
export interface OperandData {
  /** As the usage shows it: `FILE`. */
  readonly name: string;
  /** What it means. */
  readonly help: string;
  /** Whether it must be given. */
  readonly isRequired: boolean;
  /** Whether there may be several. */
  readonly isRepeatable: boolean;
  /** The values that there are, where it takes no others. */
  readonly choices?: readonly string[];
}

/** An option of a command. */
export interface OptionData extends OperandData {
  /** The letter that stands for it. */
  readonly letter?: string;
  /** What its value is called; a flag has none. */
  readonly value?: string;
  /** Its value where it is not given. */
  readonly default?: string;
}

/** What `--help` tells of one command. */
export interface HelpData extends ListedCommand {
  /** How it is called. */
  readonly usage: string;
  /** Lines that can be typed, and what they do. */
  readonly examples: readonly { readonly line: string; readonly meaning?: string }[];
  /** Its operands, in order. */
  readonly operands: readonly OperandData[];
  /** Its options; the names are without dashes. */
  readonly options: readonly OptionData[];
  /** What else there is to know. */
  readonly notes: readonly string[];
}

/**
 * The commands, or those of a noun.
 *
 * @param table All commands.
 * @param program How the program is called.
 * @param noun Lists its verbs alone.
 */
export function commandsData(
  table: CommandTable,
  program: Program,
  noun?: string,
): { readonly commands: readonly ListedCommand[] } {
  const commands = listed(table, program)
    .filter(([name]) => noun === undefined || name.startsWith(`${noun} `))
    .map(([name, { summary }]) => ({ name, summary: asTyped(summary, program, table) }));
  return { commands };
}

/**
 * The help of one command.
 *
 * @param named The command.
 * @param program How the program is called.
 * @param table All commands, of which the text may tell.
 * @param locale The language of the user.
 */
export function helpData(
  named: NamedCommand,
  program: Program,
  table: CommandTable,
  locale: Language = "en",
): HelpData {
  const { tell, say, command } = speechOf(named, program, table, locale);
  const told = (item: Option<unknown> | Operand<unknown>) => {
    const completes = item.type?.completes;
    return {
      help: say(tell(item.help)),
      isRequired: item.isRequired,
      isRepeatable: item.isRepeatable,
      ...(Array.isArray(completes) && { choices: completes as readonly string[] }),
    };
  };
  const options = { ...command.options, ...commonOptions } as Options;
  return {
    name: named.name,
    summary: tell(named.summary),
    usage: say(usageOf(named.name, command, tell)),
    examples: command.examples.map((each) => {
      const [line, meaning] = [each].flat() as [string, string?];
      return { line: say(line), ...(meaning !== undefined && { meaning: say(meaning) }) };
    }),
    operands: Object.values(command.operands).map((operand) => ({
      name: operand.type.placeholder,
      ...told(operand),
    })),
    options: Object.entries(options).map(([name, option]) => ({
      name,
      ...told(option),
      ...(option.letter !== undefined && { letter: option.letter }),
      ...(option.type !== undefined && { value: option.type.placeholder }),
      ...(option.defaultText !== undefined && { default: option.defaultText }),
    })),
    notes: command.notes.map(say),
  };
}
