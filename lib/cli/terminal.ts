/**
 * The world of the real program: its terminal, environment and signals.
 *
 * @module
 */

import type { Io } from "./command.ts";

const encoder = new TextEncoder();

/**
 * Makes the world of the real program.
 *
 * @returns Standard input and output, the environment, and a signal that SIGINT and SIGTERM abort.
 */
export function createTerminalIo(): Io {
  const stop = new AbortController();
  let listens = false;
  const isTerminal = Deno.stdout.isTerminal();
  return {
    print: (line) => writeAll(Deno.stdout, line),
    warn: (line) => writeAll(Deno.stderr, line),
    readInput: () => new Response(Deno.stdin.readable).text(),
    async promptSecret(message) {
      const { promptSecret } = await import("@std/cli/prompt-secret");
      return promptSecret(message);
    },
    env: readEnvironment,
    isTerminal,
    color: isTerminal && !readEnvironment("NO_COLOR"),
    get signal() {
      // Only a command that looks at the signal changes what Ctrl-C does.
      if (!listens) {
        listens = true;
        for (const name of ["SIGINT", "SIGTERM"] as const) {
          if (Deno.build.os === "windows" && name === "SIGTERM") continue;
          Deno.addSignalListener(name, () => stop.abort());
        }
      }
      return stop.signal;
    },
  };
}

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, line: string): void {
  const bytes = encoder.encode(`${line}\n`);
  try {
    for (let sent = 0; sent < bytes.length;) sent += stream.writeSync(bytes.subarray(sent));
  } catch (error) {
    // The reader went away (`dari discover | head`): nobody is left to tell.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

function readEnvironment(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch {
    return undefined; // Not allowed to read it: as good as not set.
  }
}
