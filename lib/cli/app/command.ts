/**
 * What a command of the command line is.
 *
 * @module
 */

/** The world of a command: everything it reads and writes, so that a test can stand in for it. */
export interface Io {
  /** Writes a line (an LF is added) to standard output. */
  print(line: string): void;
  /** Writes a line (an LF is added) to standard error. */
  warn(line: string): void;
  /** Reads standard input to its end. */
  readInput(): Promise<string>;
  /** Asks on the terminal without echo; `null` where there is no terminal. */
  promptSecret(message: string): Promise<string | null>;
  /** The value of an environment variable, where it is set and may be read. */
  env(name: string): string | undefined;
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean;
  /** Whether output may carry colour: a terminal, and NO_COLOR is not set. */
  readonly color: boolean;
  /** Ends when the user asks the program to stop (SIGINT, SIGTERM). */
  readonly signal: AbortSignal;
}

/** The options that a command takes, in the terms of @std/cli's parseArgs. */
export interface Flags {
  /** Options with a value: `--to ADDRESS`. */
  readonly string?: readonly string[];
  /** Options without: `--json`. */
  readonly boolean?: readonly string[];
  /** Options that may be given several times; they must stand in `string` as well. */
  readonly collect?: readonly string[];
}

/** What the user typed, parsed. */
export interface Arguments {
  /** Words that are not options, in order, without the command's own name. */
  readonly words: readonly string[];
  /** @returns The option's value, or `undefined` where it was not given. */
  option(name: string): string | undefined;
  /** @returns The option's values, in order. */
  options(name: string): readonly string[];
  /** @returns Whether the option was given. */
  flag(name: string): boolean;
}

/** One command: a noun's verb (`cert issue`) or a verb of its own (`call`). */
export interface Command {
  /** One line for the table of commands. */
  readonly summary: string;
  /** The text of `--help`; opens with examples. */
  readonly help: string;
  /** The options that it takes beside `--help` and `--json`, which every command takes. */
  readonly flags: Flags;
  /**
   * Does the work.
   *
   * @param args What the user typed.
   * @param io Where it reads and writes.
   * @returns The exit code.
   * @throws {DariError} What went wrong; the table in lib/base/errors.ts gives its exit code.
   */
  run(args: Arguments, io: Io): Promise<number>;
}
