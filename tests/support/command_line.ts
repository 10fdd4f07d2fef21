import type { Command, Io } from "../../lib/cli/app/command.ts";
import { type CommandTable, main } from "../../lib/cli/app/main.ts";

/** The output and exit code of a command. */
export interface Transcript {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs one command line in this process, with standard input and prompts from the test. */
export async function runCommand(
  command: Command,
  words: readonly string[],
  world: {
    input?: string;
    prompts?: readonly string[];
    env?: Record<string, string>;
    color?: boolean;
  } = {},
): Promise<Transcript> {
  const { input = "", prompts, env = {}, color = false } = world;
  const output: string[] = [];
  const errors: string[] = [];
  const answers = [...prompts ?? []];
  const io: Io = {
    print: (line) => output.push(line),
    warn: (line) => errors.push(line),
    readInput: () => Promise.resolve(input),
    promptSecret: () => Promise.resolve(prompts === undefined ? null : answers.shift() ?? ""),
    env: (name) => env[name],
    isTerminal: color,
    color,
    signal: new AbortController().signal,
  };
  const table: CommandTable = {
    command: { summary: command.summary, load: () => Promise.resolve({ command }) },
  };
  const code = await main(["command", ...words], table, io);
  return { code, output: output.join("\n"), errors: errors.join("\n") };
}
