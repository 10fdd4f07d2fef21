/**
 * A pipe end as a connection.
 *
 * @module
 */

import { type DariError, TransportError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Connection, Peer } from "../transport/connection.ts";
import type { MessageReader, MessageWriter } from "./_messages.ts";
import { encodeText, kind } from "./_value.ts";

const decoder = new TextDecoder();

/** What a connection needs to know of its end. */
export interface PipeState {
  readonly closed: boolean;
  /** Why the other end is gone, where it did not close in order. */
  readonly lost: DariError | undefined;
  close(): void;
}

/** Whole lines over a pipe: one message holds the lines of one `send`. */
export class PipeConnection implements Connection {
  readonly peer: Peer;
  maxLineBytes: number = limits.maxLineBytesBeforeSignIn;
  readonly #end: PipeState;
  readonly #writer: MessageWriter;
  readonly #reader: MessageReader;
  #sent: Promise<void> = Promise.resolve();

  constructor(end: PipeState, writer: MessageWriter, reader: MessageReader, peer: Peer) {
    this.#end = end;
    this.#writer = writer;
    this.#reader = reader;
    this.peer = peer;
  }

  async receive(): Promise<string | null> {
    if (this.#end.closed) return null;
    try {
      let message = this.#reader.tryRead() ?? await this.#reader.read();
      if (this.#end.closed) return null;
      if (message === undefined) {
        if (this.#end.lost) throw this.#end.lost;
        return null;
      }
      // What has gathered meanwhile is one chunk: its lines are parsed and answered together.
      let lines = "";
      for (; message !== undefined; message = this.#reader.tryRead()) {
        lines += this.#linesOf(message.bytes);
        if (lines.length > MAX_CHUNK) break;
      }
      return lines;
    } catch (cause) {
      throw broken(cause);
    }
  }

  async send(lines: string): Promise<void> {
    if (this.#end.closed) {
      throw new TransportError("unavailable", "This end of the pipe is closed");
    }
    try {
      const waiting = this.#writer.write(kind.text, encodeText(lines));
      if (waiting !== undefined) await (this.#sent = waiting);
    } catch (cause) {
      throw broken(this.#end.lost ?? cause);
    }
  }

  async close(): Promise<void> {
    await this.#sent.catch(() => {});
    this.#end.close();
  }

  abort(): void {
    this.#end.close();
  }

  #linesOf(bytes: Uint8Array<ArrayBuffer>): string {
    // A line of at most the message's length is within the limit; only longer messages are split.
    for (let from = 0; bytes.length - from > this.maxLineBytes;) {
      const end = bytes.indexOf(LF, from);
      if (end < 0 || end - from > this.maxLineBytes) {
        throw new TransportError(
          "resource_exhausted",
          `A line is longer than ${this.maxLineBytes} bytes`,
          { retryable: false },
        );
      }
      from = end + 1;
    }
    return decoder.decode(bytes);
  }
}

const LF = 0x0a;
/** Lines handed on together. */
const MAX_CHUNK = 1 << 18;

function broken(cause: unknown): TransportError {
  if (cause instanceof TransportError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new TransportError("unavailable", message, { cause });
}
