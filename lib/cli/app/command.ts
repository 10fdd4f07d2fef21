/**
 * What a command of the command line is, and the table of all commands.
 *
 * @module
 */

import type { LineWriter } from "../../ops/line_queue.ts";
import type { ByteStream } from "../../transport/stream_connection.ts";
import type { Line } from "./line.ts";
import type { Screen } from "./screen.ts";
import type { commonOptions, Operands, Options, ValuesOf } from "./option.ts";

/**
 * Everything that a command reads and writes, so that a test can take its place. What is shown has
 * its control characters escaped, LF and tab excepted: much of it is text of strangers.
 */
export interface Io {
  /** Writes a line (an LF is added) to standard output. */
  print(line: Line): void;
  /** Writes a line (an LF is added) to standard error. */
  warn(line: string): void;
  /**
   * Shows a line on standard error in the place of the one before it; an empty one leaves it as it is,
   * and goes to the next. Absent where standard error is no terminal.
   */
  readonly status?: ((line: string) => void) | undefined;
  /** Standard error without escaping, for a log: a write waits where {@linkcode Io.warn} would block. */
  readonly log: LineWriter;
  /** Whether nobody reads standard output any more, so that nothing is left to print. */
  readonly isOutputClosed: boolean;
  /** Reads standard input to its end. */
  readInput(): Promise<string>;
  /**
   * Standard input and output as bytes, for a command that speaks a protocol there and prints nothing
   * else. Absent where there are none.
   */
  readonly standardStreams?: (() => ByteStream) | undefined;
  /** Asks on the terminal without echo; `null` where there is no terminal. */
  promptSecret(message: string): Promise<string | null>;
  /** Asks on the terminal for one line; `null` where there is no terminal. */
  ask(question: string): Promise<string | null>;
  /** The value of an environment variable, where it is set and may be read. */
  env(name: string): string | undefined;
  /** Takes the whole terminal over. Absent where there is none. */
  readonly screen?: (() => Screen) | undefined;
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean;
  /** Whether output may carry colour: a terminal, and NO_COLOR is not set. */
  readonly color: boolean;
  /** Ends when the user asks the program to stop (SIGINT, SIGTERM). */
  readonly signal: AbortSignal;
  /**
   * Calls back each time when the program is asked to take up its files again (SIGHUP), from now on.
   * Absent where nobody can ask for that.
   */
  readonly onReload?: ((listener: () => void) => void) | undefined;
}

/** An example in help: a command line, and where it does not speak for itself what it does. */
export type Example = string | readonly [line: string, meaning: string];

/** What the user typed, read as the command declares. */
export interface Arguments<P extends Operands = Operands, O extends Options = Options> {
  /** The words that are not options. */
  readonly operands: ValuesOf<P>;
  /** The options. */
  readonly options: ValuesOf<O> & ValuesOf<typeof commonOptions>;
}

/** The declaration of a command: a noun's verb (`cert issue`) or a verb of its own (`call`). */
export interface CommandDeclaration<P extends Operands, O extends Options> {
  /** Opens the text of `--help`. */
  readonly examples: readonly Example[];
  /** Its operands, in order. */
  readonly operands?: P;
  /** The options that it takes beside those of every command. */
  readonly options?: O;
  /** Paragraphs of `--help`: what a user has to know beside the options. */
  readonly notes?: readonly string[];
  /**
   * Does the work.
   *
   * @param args What the user typed.
   * @param io Where it reads and writes.
   * @param commands All commands, for those that tell of others.
   * @returns The exit code.
   * @throws {DariError} What went wrong; the table in lib/base/errors.ts gives its exit code.
   */
  run(args: Arguments<P, O>, io: Io, commands: CommandTable): Promise<number>;
}

/** A command, whatever its options are. */
export type Command = Required<CommandDeclaration<Operands, Options>>;

/** A command that is loaded when it is called. */
export interface CommandEntry {
  /** What it does, in one line without a full stop. */
  readonly summary: string;
  /** Loads it. */
  load(): Promise<{ readonly command: Command }>;
}

/** The commands by name; a noun's verb has a space: `cert issue`. */
export type CommandTable = Readonly<Record<string, CommandEntry>>;

/**
 * Declares a command: its options and operands decide what {@linkcode CommandDeclaration.run} gets.
 *
 * @param declaration The command.
 * @returns The command.
 */
export function defineCommand<
  const P extends Operands = Record<never, never>,
  const O extends Options = Record<never, never>,
>(declaration: CommandDeclaration<P, O>): Command {
  // What `run` is called with was read by the very tables that its types come from.
  return { operands: {}, options: {}, notes: [], ...declaration } as unknown as Command;
}

/**
 * Finds the command that a command line begins with.
 *
 * @param words The command line.
 * @param table All commands.
 * @returns Its name and entry, or `undefined` where it begins with none.
 */
export function findCommand(
  words: readonly string[],
  table: CommandTable,
): { readonly name: string; readonly entry: CommandEntry } | undefined {
  const [first = "", second = ""] = words;
  for (const name of [`${first} ${second}`, first]) {
    const entry = Object.hasOwn(table, name) ? table[name] : undefined;
    if (entry !== undefined) return { name, entry };
  }
  return undefined;
}
