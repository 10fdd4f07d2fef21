import { limits } from "../../lib/base/limits.ts";
import type { Io } from "../../lib/cli/app/command.ts";
import { renderLine } from "../../lib/cli/app/line.ts";
import { main } from "../../lib/cli/main.ts";
import { commands } from "../../lib/cli/table.ts";
import { tempDirectory } from "./temp.ts";

/**
 * Passwords of commands that run inside this process are derived as often as a SCRAM client asks for
 * at least: the default takes 0.15 s of a core for each. Programs that tests start have the default,
 * and tests/auth/sign_in/identity_test.ts says what it is.
 */
Object.assign(limits, { passwordIterations: limits.minScramIterations });

/** The output and exit code of a command. */
export interface Transcript {
  readonly out: string;
  readonly err: string;
  readonly code: number;
}

/** Standard input, prompts and environment of a command, in memory. */
export interface World {
  readonly env?: Readonly<Record<string, string>>;
  /** What stands on standard input. */
  readonly input?: string;
  /** What is typed at each prompt; without it there is no terminal. */
  readonly prompts?: readonly string[];
  /** Told of each question. */
  readonly onPrompt?: (message: string) => void;
  readonly color?: boolean;
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

/** A data directory, and commands that use it. */
export interface DataDirectory extends AsyncDisposable {
  /** Its path; its parent is the test's own. */
  readonly path: string;
  /** Runs `dari WORDS...` on it. */
  dari(words: readonly string[], world?: World): Promise<Transcript>;
}

/** Makes a data directory. */
export async function dataDirectory(): Promise<DataDirectory> {
  const directory = await tempDirectory();
  const path = `${directory.path}/data`;
  return {
    path,
    dari: (words, { env, ...world } = {}) =>
      dari(words, { env: { DARI_DATA: path, ...env }, ...world }),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

/** What a command that succeeds leaves behind. */
export function done(out: string): Transcript {
  return { out, err: "", code: 0 };
}

/** What a command that fails leaves behind. */
export function failed(code: number, message: string): Transcript {
  return { out: "", err: `dari: ${message}`, code };
}

/** The world of a command in memory, as far as a test needs it. */
export function createIo(
  { env = {}, input = "", prompts, onPrompt, color = false }: World = {},
  signal: AbortSignal = new AbortController().signal,
  print: (line: string) => void = () => {},
  warn: (line: string) => void = () => {},
): Io {
  const answers = [...prompts ?? []];
  return {
    print: (line) => print(renderLine(line, color)),
    warn: (line) => warn(renderLine(line, false)),
    log: {
      write(bytes) {
        warn(new TextDecoder().decode(bytes).trimEnd());
        return Promise.resolve(bytes.length);
      },
    },
    isOutputClosed: false,
    readInput: () => Promise.resolve(input),
    promptSecret(message) {
      onPrompt?.(message);
      return Promise.resolve(prompts === undefined ? null : answers.shift() ?? "");
    },
    ask(question) {
      onPrompt?.(question);
      return Promise.resolve(prompts === undefined ? null : answers.shift() ?? "");
    },
    env: (name) => env[name],
    isTerminal: color,
    color,
    signal,
  };
}
