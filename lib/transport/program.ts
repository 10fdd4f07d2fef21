/**
 * A program that speaks the wire on its standard streams.
 *
 * @module
 */

import { settlesWithin } from "../base/abort.ts";
import { RestBytes } from "../base/bytes/rest_bytes.ts";
import { TransportError } from "../base/errors.ts";
import { reasonOf } from "../base/file/reason.ts";
import { limits } from "../base/limits.ts";
import type { Connection } from "./connection.ts";
import { type ByteStream, socketSizes, StreamConnection } from "./stream_connection.ts";

/** How a program is started. */
export interface ProgramOptions {
  /** Its arguments. */
  readonly args?: readonly string[] | undefined;
  /** Its environment; it inherits nothing. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** The user and the group that it runs as; without them, those of this process. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  /** Time to end once its input has, and again after SIGTERM, in milliseconds; then it is killed. */
  readonly graceMs?: number | undefined;
  /** Hears what it writes to its standard error, and between its messages. */
  readonly onText?: ((text: string) => void) | undefined;
  /** Hears how it ended: `code 1`, `SIGKILL`. */
  readonly onEnd?: ((how: string) => void) | undefined;
}

/**
 * Starts a program and connects to its standard input and output.
 *
 * @param command The program, as PATH finds it.
 * @param options Arguments, environment, user.
 * @returns The connection. When it ends the program is ended, and the other way round.
 * @throws {TransportError} `unavailable` when it cannot be started.
 */
export function connectProgram(command: string, options: ProgramOptions = {}): Connection {
  const { args = [], env = {}, owner, onText, onEnd } = options;
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(command, {
      args: [...args],
      env: { ...env },
      clearEnv: true,
      ...owner,
      stdin: "piped",
      stdout: "piped",
      stderr: onText === undefined ? "null" : "piped",
    }).spawn();
  } catch (cause) {
    throw new TransportError("unavailable", `Cannot start "${command}": ${reasonOf(cause)}`, {
      cause,
    });
  }
  if (onText !== undefined) readText(child.stderr, onText);
  child.status.then(({ code, signal }) => onEnd?.(signal ?? `code ${code}`));
  const stream = new ProgramStream(child, options.graceMs ?? limits.childGraceMs);
  return new ProgramConnection(stream, command, onText);
}

/** The beginning of a line that is no message: a message is an object or an array. */
const STRAY = /^[^{[\s]/m;

/**
 * Takes out what a program prints besides its messages: programs print where they stand, and one that
 * was answered with an error for it would have to understand that.
 */
class ProgramConnection extends StreamConnection {
  readonly #onText: (text: string) => void;

  constructor(stream: ByteStream, command: string, onText: (text: string) => void = () => {}) {
    super(stream, { transport: "pipe", address: command }, socketSizes);
    this.#onText = onText;
  }

  override async receive(): Promise<string | Uint8Array | null> {
    for (;;) {
      const received = await super.receive();
      if (typeof received !== "string" || !STRAY.test(received)) return received;
      const lines = received.split(/(?<=\n)/);
      this.#onText(lines.filter((line) => STRAY.test(line)).join(""));
      const messages = lines.filter((line) => !STRAY.test(line)).join("");
      if (messages !== "") return messages;
    }
  }
}

/** The standard input and output of a program. */
class ProgramStream implements ByteStream {
  readonly #child: Deno.ChildProcess;
  readonly #graceMs: number;
  readonly #output: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBufferLike>>;
  /** What was read and did not fit. */
  readonly #rest = new RestBytes();

  constructor(child: Deno.ChildProcess, graceMs: number) {
    this.#child = child;
    this.#graceMs = graceMs;
    this.#output = child.stdout.getReader();
    this.#input = child.stdin.getWriter();
    this.#input.closed.catch(() => {}); // a write tells of it
  }

  async read(into: Uint8Array): Promise<number | null> {
    if (this.#rest.isEmpty) {
      const { value, done } = await this.#output.read();
      if (done) return null;
      this.#rest.keep(value);
    }
    return this.#rest.take(into);
  }

  async write(bytes: Uint8Array): Promise<number> {
    await this.#input.write(bytes);
    return bytes.length;
  }

  async closeWrite(): Promise<void> {
    await this.#input.close();
  }

  close(): void {
    this.#input.abort().catch(() => {}); // it was closed before
    this.#output.cancel().catch(() => {});
    this.#end();
  }

  /** A program in order ends with its input. */
  async #end(): Promise<void> {
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      if (await settlesWithin(this.#child.status, this.#graceMs)) return;
      try {
        this.#child.kill(signal);
      } catch {
        return; // it has ended
      }
    }
  }
}

/** Never rejects. */
async function readText(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  tell: (text: string) => void,
): Promise<void> {
  try {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) tell(text);
  } catch {
    // It ended with its program.
  }
}
