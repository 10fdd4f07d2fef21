/**
 * A pipe end as a connection.
 *
 * @module
 */

import { TransportError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { fitLines } from "../../base/text/oversize_line.ts";
import { turnIfDue } from "../../base/turn.ts";
import type { Connection, Peer } from "../../transport/connection.ts";
import type { PipeCore } from "./pipe_core.ts";
import { type Content, encodeText, kind } from "../ring/value.ts";

const decoder = new TextDecoder();

/** Whole lines over a pipe; a message holds the lines of one `send`. */
export class PipeConnection implements Connection {
  readonly peer: Peer;
  maxLineBytes: number = limits.maxLineBytesBeforeSignIn;
  /** Shared with the pipe end that made this; ended by either of them. */
  readonly #core: PipeCore;
  /** The last `send` that had to wait for room; `close` waits for it. */
  #sent: Promise<void> = Promise.resolve();

  constructor(core: PipeCore) {
    this.#core = core;
    const transport = core.crossesThreads ? "worker" : "pipe";
    this.peer = { address: core.descriptor.name, transport };
  }

  async receive(): Promise<string | null> {
    try {
      while (!this.#core.closed) {
        const lines = this.#gather();
        if (lines !== "") {
          await turnIfDue();
          return lines;
        }
        if (await this.#core.reader.readable()) continue;
        if (!this.#core.closed && this.#core.lost) throw this.#core.lost;
        return null;
      }
      return null;
    } catch (cause) {
      throw broken(cause);
    }
  }

  async send(lines: string): Promise<void> {
    if (this.#core.closed) {
      throw new TransportError("unavailable", "This end of the pipe is closed");
    }
    try {
      const text = encodeText(lines, kind.text);
      const waiting = this.#core.writer.write(text.kind, text.bytes);
      if (waiting !== undefined) await (this.#sent = waiting);
    } catch (cause) {
      throw broken(this.#core.explain(cause));
    }
  }

  async close(): Promise<void> {
    await this.#sent.catch(() => {});
    this.#core.close();
  }

  abort(): void {
    this.#core.close();
  }

  /**
   * Joins the lines of all messages that are there, so that they are parsed and answered together.
   */
  #gather(): string {
    const { reader } = this.#core;
    let lines = "";
    for (let message = reader.tryRead(); message !== undefined; message = reader.tryRead()) {
      lines += this.#linesOf(message.content);
      if (lines.length > MAX_CHUNK) break;
    }
    return lines;
  }

  #linesOf(content: Content): string {
    const text = typeof content === "string" ? content : decoder.decode(content);
    // A line is no longer than its message; only longer messages are searched.
    return content.length > this.maxLineBytes ? fitLines(text, this.maxLineBytes) : text;
  }
}

const MAX_CHUNK = limits.maxPipeChunkLength;

function broken(cause: unknown): TransportError {
  if (cause instanceof TransportError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new TransportError("unavailable", message, { cause });
}
