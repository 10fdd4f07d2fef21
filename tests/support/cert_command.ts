import { readArguments } from "../../lib/cli/app/arguments.ts";
import type { Command, Io } from "../../lib/cli/app/command.ts";
import { DariError, exitCodeOf } from "../../lib/base/errors.ts";

/** The result of a command. */
export interface Transcript {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one verb of `dari cert` in this process. */
export async function runCert(
  verb: string,
  words: readonly string[],
  { input = "", env = {} }: { input?: string; env?: Record<string, string> } = {},
): Promise<Transcript> {
  const { command } = await import(`../../lib/cli/commands/cert/${verb}.ts`) as {
    command: Command;
  };
  const out: string[] = [];
  const err: string[] = [];
  const io: Io = {
    print: (line) => void out.push(line),
    warn: (line) => void err.push(line),
    readInput: () => Promise.resolve(input),
    promptSecret: () => Promise.resolve(null),
    env: (name) => env[name],
    isTerminal: false,
    color: false,
    signal: new AbortController().signal,
  };
  let exitCode: number;
  try {
    exitCode = await command.run(readArguments(words, command.flags), io);
  } catch (error) {
    if (!(error instanceof DariError)) throw error;
    err.push(error.message);
    exitCode = exitCodeOf(error);
  }
  return { exitCode, out: out.join("\n"), err: err.join("\n") };
}
