import { soon } from "./mutual_tls.ts";

/** Longer than any start of a process on a busy machine. */
const START_TIMEOUT_MS = 20_000;
const root = new URL("../../", import.meta.url).pathname;

/** The output and exit code of a process. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A running process. */
export interface Program extends AsyncDisposable {
  readonly pid: number;
  /** Waits until standard output matches, and gives the match. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  /** Waits until standard error matches. */
  waitForError(pattern: RegExp): Promise<void>;
  /** Writes text to its standard input and closes it. */
  input(text: string): Promise<void>;
  /** Waits for its end. */
  readonly ended: Promise<Ended>;
}

/** Which program runs, and its environment. */
export interface ProgramOptions {
  /** A file of this project; the command line by default. */
  readonly script?: string;
  readonly env?: Record<string, string>;
  /** Further flags for Deno. */
  readonly flags?: readonly string[];
  /** A program that runs it, with its words. */
  readonly wrapper?: readonly string[];
}

/** Starts a program of this project as a process, as `deno task dari` does, with its permissions. */
export function startProgram(words: readonly string[], options: ProgramOptions = {}): Program {
  const { script = "cli.ts", env = {}, wrapper = [], flags = [] } = options;
  const [command = "", ...before] = [...wrapper, Deno.execPath()];
  const child = new Deno.Command(command, {
    args: [
      ...before,
      "run",
      "--quiet",
      "--no-check",
      "--unstable-lazy-dynamic-imports",
      "--allow-net",
      "--allow-read",
      "--allow-write",
      "--allow-env=DARI_DATA,NO_COLOR",
      ...flags,
      `${root}${script}`,
      ...words,
    ],
    cwd: root,
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let out = "";
  let onText = () => {};
  const reading = (async () => {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      out += text;
      onText();
    }
  })();
  let err = "";
  let onError = () => {};
  const errors = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      err += text;
      onError();
    }
  })();
  const ended = (async () => {
    const [{ code }] = await Promise.all([child.status, errors, reading]);
    return { code, out: out.trimEnd(), err: err.trimEnd() };
  })();
  return {
    pid: child.pid,
    ended,
    waitFor(pattern) {
      const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
      onText = () => {
        const match = pattern.exec(out);
        if (match !== null) resolve(match);
      };
      onText();
      ended.then(({ code, err }) => reject(new Error(`it ended with ${code}: ${err}`)));
      return seen(promise, () => out);
    },
    waitForError(pattern) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      onError = () => {
        if (pattern.test(err)) resolve();
      };
      onError();
      ended.then(({ code, err }) => reject(new Error(`it ended with ${code}: ${err}`)));
      return seen(promise, () => err);
    },
    async input(text) {
      const writer = child.stdin.getWriter();
      // A program that does not read its input may have ended already.
      await writer.write(new TextEncoder().encode(text)).catch(() => {});
      await writer.close().catch(() => {});
    },
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGTERM");
      } catch {
        // Ended before.
      }
      await child.stdin.close().catch(() => {});
      await ended;
    },
  };
}

/** Says what was printed instead, where the wait takes too long. */
async function seen<T>(promise: Promise<T>, printed: () => string): Promise<T> {
  try {
    return await soon(promise, START_TIMEOUT_MS);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    throw new Error(`It was not printed in time, but:\n${printed()}`, { cause: error });
  }
}

/** Runs a program from start to end. */
export async function runProgram(
  words: readonly string[],
  { input = "", ...options }: ProgramOptions & { readonly input?: string } = {},
): Promise<Ended> {
  await using program = startProgram(words, options);
  await program.input(input);
  return await program.ended;
}
