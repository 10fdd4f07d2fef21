import type { Io } from "../../lib/cli/app/command.ts";
import { main } from "../../lib/cli/app/main.ts";
import { commands } from "../../lib/cli/table.ts";

/** The output and exit code of a command. */
export interface Transcript {
  readonly out: string;
  readonly err: string;
  readonly code: number;
}

/** Standard input, prompts and environment of a command, in memory. */
export interface World {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** A command that is running. */
export interface Running extends AsyncDisposable {
  /** Waits for a line of standard output that begins with a text; gives all lines so far. */
  waitFor(start: string): Promise<string>;
  /** Asks the command to stop, and gives its output and exit code. */
  stop(): Promise<Transcript>;
  /** Its output and exit code, once it has ended by itself. */
  readonly ended: Promise<Transcript>;
}

/** Runs `dari WORDS...` inside this process, from start to end. */
export async function dari(words: readonly string[], world: World = {}): Promise<Transcript> {
  const out: string[] = [];
  const err: string[] = [];
  const io = createIo(world, new AbortController().signal, (l) => out.push(l), (l) => err.push(l));
  const code = await main(words, commands, io);
  return { out: out.join("\n"), err: err.join("\n"), code };
}

/** Starts `dari WORDS...` inside this process. */
export function startDari(words: readonly string[], world: World = {}): Running {
  const out: string[] = [];
  const err: string[] = [];
  const stopping = new AbortController();
  let onLine = () => {};
  const io = createIo(world, stopping.signal, (line) => {
    out.push(line);
    onLine();
  }, (line) => err.push(line));
  const exited = main(words, commands, io);
  const ended = exited.then((code) => ({ out: out.join("\n"), err: err.join("\n"), code }));
  const stop = async () => {
    stopping.abort();
    return await ended;
  };
  return {
    waitFor: (start) =>
      new Promise((resolve, reject) => {
        onLine = () => {
          if (out.some((line) => line.startsWith(start))) resolve(out.join("\n"));
        };
        onLine();
        exited.then((code) => reject(new Error(`exited with ${code}: ${err.join("\n")}`)));
      }),
    stop,
    ended,
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}

function createIo(
  { env = {}, input = "" }: World,
  signal: AbortSignal,
  print: (line: string) => void,
  warn: (line: string) => void,
): Io {
  return {
    print,
    warn,
    readInput: () => Promise.resolve(input),
    promptSecret: () => Promise.resolve(null),
    env: (name) => env[name],
    isTerminal: false,
    color: false,
    signal,
  };
}
