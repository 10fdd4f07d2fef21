/**
 * The terminal, the environment and the signals of the process, as commands see them.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Io } from "./command.ts";

const encoder = new TextEncoder();

/**
 * Gives commands the terminal, the environment and the signals of this process.
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
    readInput,
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

async function readInput(): Promise<string> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const part of Deno.stdin.readable) {
    length += part.length;
    if (length > limits.maxLineBytes) {
      throw new DariError("usage", `Standard input has more than ${limits.maxLineBytes} bytes`);
    }
    parts.push(part);
  }
  return await new Blob(parts).text();
}

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, line: string): void {
  const bytes = encoder.encode(`${line}\n`);
  try {
    for (let sent = 0; sent < bytes.length;) sent += stream.writeSync(bytes.subarray(sent));
  } catch (error) {
    // The reader has closed the pipe (`dari discover | head`); the rest of the output is not needed.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

function readEnvironment(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch {
    return undefined; // A variable that may not be read counts as not set.
  }
}
