/**
 * The terminal, the environment and the signals of the process, as commands see them.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/reason.ts";
import { limits } from "../../base/limits.ts";
import { columnsOf, padColumns } from "../../base/text/columns.ts";
import { escapeControls } from "../../base/text/printable.ts";
import type { ByteStream } from "../../transport/stream_connection.ts";
import type { Io } from "./command.ts";
import { renderLine } from "./line.ts";
import { openScreen, type ScreenTerminal } from "./screen.ts";

const encoder = new TextEncoder();
const LF = 0x0a;
/** What shells give for a program that a signal ended: 128 and the signal's number. */
const EXIT_BY = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Gives commands the terminal, the environment and the signals of this process.
 *
 * @returns Standard input and output, the environment, and a signal that SIGINT and SIGTERM abort;
 * the second of them ends the process. A program that takes up its files at SIGHUP stops where the
 * terminal is gone from which it was started.
 */
export function createTerminalIo(): Io {
  const isTerminal = Deno.stdout.isTerminal();
  const color = isTerminal && !readEnvironment("NO_COLOR");
  const stop = onStop();
  let isOutputClosed = false;
  let isLogging = false;
  return {
    print(line) {
      isOutputClosed ||= !writeLine(Deno.stdout, renderLine(line, color));
    },
    warn(line) {
      // A log that is not read holds the lock of standard error: this line would wait for ever.
      if (isLogging) return;
      try {
        writeLine(Deno.stderr, renderLine(line, false));
      } catch {
        // There is nowhere left to say so.
      }
    },
    status: Deno.stderr.isTerminal() ? statusLine() : undefined,
    log: {
      async write(bytes) {
        isLogging = true;
        try {
          return await Deno.stderr.write(bytes);
        } finally {
          isLogging = false;
        }
      },
    },
    get isOutputClosed() {
      return isOutputClosed;
    },
    readInput,
    standardStreams: () => standardStreams,
    async promptSecret(message) {
      const { promptSecret } = await import("@std/cli/prompt-secret");
      return promptSecret(message);
    },
    ask,
    screen: isTerminal && Deno.stdin.isTerminal()
      ? () => openScreen(wholeTerminal(color))
      : undefined,
    env: readEnvironment,
    isTerminal,
    color,
    get signal() {
      return stop.signal();
    },
    onReload: Deno.build.os === "windows" ? undefined : (listener) => {
      const wasTerminal = Deno.stdin.isTerminal();
      Deno.addSignalListener("SIGHUP", () => {
        if (wasTerminal && !Deno.stdin.isTerminal()) stop.heard("SIGTERM");
        else listener();
      });
    },
  };
}

function wholeTerminal(color: boolean): ScreenTerminal {
  return {
    color,
    write(bytes) {
      for (let sent = 0; sent < bytes.length;) sent += Deno.stdout.writeSync(bytes.subarray(sent));
    },
    setRaw: (isRaw) => Deno.stdin.setRaw(isRaw),
    read: (into) => Deno.stdin.read(into),
    size: () => Deno.consoleSize(),
  };
}

/** Without escape sequences, so that NO_COLOR and simple terminals have nothing to object to. */
function statusLine(): (line: string) => void {
  let shown = 0;
  return (line) => {
    const text = line === "" ? "\n" : `\r${padColumns(escapeControls(line), shown)}`;
    shown = columnsOf(line);
    try {
      Deno.stderr.writeSync(encoder.encode(text));
    } catch {
      // Nobody looks.
    }
  };
}

/** Only a command that asks for the signal changes what Ctrl-C does. */
function onStop(): { signal(): AbortSignal; heard(name: keyof typeof EXIT_BY): void } {
  let stop: AbortController | undefined;
  const heard = (name: keyof typeof EXIT_BY): void => {
    if (stop?.signal.aborted) Deno.exit(EXIT_BY[name]);
    stop?.abort();
  };
  const signal = (): AbortSignal => {
    if (stop !== undefined) return stop.signal;
    stop = new AbortController();
    for (const name of ["SIGINT", "SIGTERM"] as const) {
      if (Deno.build.os === "windows" && name === "SIGTERM") continue;
      Deno.addSignalListener(name, () => heard(name));
    }
    return stop.signal;
  };
  return { signal, heard };
}

const standardStreams: ByteStream = {
  read: (into) => Deno.stdin.read(into),
  write: (bytes) => Deno.stdout.write(bytes),
  closeWrite: () => Promise.resolve(Deno.stdout.close()),
  close: () => {}, // they end with the process
};

/** The question goes to standard error: standard output may be a file. */
async function ask(question: string): Promise<string | null> {
  if (!Deno.stdin.isTerminal() || !Deno.stderr.isTerminal()) return null;
  Deno.stderr.writeSync(encoder.encode(`${escapeControls(question)} `));
  const bytes = new Uint8Array(limits.maxTypedAnswerBytes); // the terminal gives a whole line
  const length = await Deno.stdin.read(bytes);
  return new TextDecoder().decode(bytes.subarray(0, length ?? 0)).replace(/\r?\n$/, "");
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
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await new Blob(parts).bytes());
  } catch (cause) {
    // Read as it stands, it would be another message or another password than the user has.
    throw new DariError("usage", "Standard input is not UTF-8 text", { cause });
  }
}

/**
 * Writes a line, however long the reader takes.
 *
 * @returns `false` where the reader has closed the pipe (`dari discover | head`): the rest of the
 * output is not needed.
 */
function writeLine(stream: { writeSync(bytes: Uint8Array): number }, text: string): boolean {
  const bytes = encoder.encode(`${text}\n`);
  for (let sent = 0; sent < bytes.length;) {
    try {
      sent += stream.writeSync(bytes.subarray(sent, endOfPiece(bytes, sent)));
    } catch (cause) {
      if (cause instanceof Deno.errors.BrokenPipe) return false;
      if (!(cause instanceof Deno.errors.WouldBlock)) {
        const reason = reasonOf(cause);
        throw new DariError("io", `Cannot write the output: ${reason}`, { cause });
      }
      // The other end made the pipe non-blocking, and it is full.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, limits.outputRetryMs);
    }
  }
  return true;
}

/**
 * Deno writes standard output through a buffer of lines. Where a pipe that does not block takes only
 * a part, an error may come although bytes were taken, and they would be written twice. That cannot
 * happen with whole lines that a pipe takes at once, nor with a long piece without an end of line.
 */
function endOfPiece(bytes: Uint8Array, start: number): number {
  const end = start + limits.outputPieceBytes;
  if (end >= bytes.length) return bytes.length;
  const lineEnd = bytes.lastIndexOf(LF, end - 1);
  if (lineEnd >= start) return lineEnd + 1;
  return bytes.indexOf(LF, end) - limits.outputPieceBytes / 2;
}

function readEnvironment(name: string): string | undefined {
  // A variable that may not be read counts as not set; without a look first, Deno would ask the user.
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) : undefined;
}
