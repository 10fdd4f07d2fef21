/**
 * A pipe end as a connection.
 *
 * @module
 */

import { TransportError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { MessageFitter, withoutBlobHeader } from "../../base/text/message_fitter.ts";
import { turnIfDue } from "../../base/turn.ts";
import type { Connection, Peer } from "../../transport/connection.ts";
import type { PipeCore } from "./pipe_core.ts";
import { type Encoded, encodeText, kind } from "../ring/value.ts";

const decoder = new TextDecoder();

/** Whole lines and blobs over a pipe; a message holds the lines of one `send`, or a blob. */
export class PipeConnection implements Connection {
  readonly peer: Peer;
  maxLineBytes: number = limits.maxLineBytesBeforeSignIn;
  takesBlobs = false;
  /** Shared with the pipe end that made this; ended by either of them. */
  readonly #core: PipeCore;
  /** The last `send` that had to wait for room; `close` waits for it. */
  #sent: Promise<void> = Promise.resolve();
  readonly #fitter = new MessageFitter();
  /** The blob that came behind the lines that were received last. */
  #blob: Uint8Array | undefined;

  constructor(core: PipeCore) {
    this.#core = core;
    const transport = core.crossesThreads ? "worker" : "pipe";
    this.peer = { address: core.descriptor.name, transport };
  }

  async receive(): Promise<string | Uint8Array | null> {
    try {
      while (!this.#core.closed) {
        const piece = this.#takeBlob() ?? this.#gather();
        if (piece !== "") {
          await turnIfDue();
          return piece;
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

  async send(lines: string, bytes?: Uint8Array, linesBehind = ""): Promise<void> {
    if (this.#core.closed) {
      throw new TransportError("unavailable", "This end of the pipe is closed");
    }
    try {
      const waiting = bytes === undefined
        ? this.#write(encodeText(lines, kind.text))
        : this.#writeBlob(withoutBlobHeader(lines), bytes, linesBehind);
      if (waiting !== undefined) await (this.#sent = waiting);
    } catch (cause) {
      throw broken(this.#core.explain(cause));
    }
  }

  #write({ kind, bytes }: Encoded): Promise<void> | undefined {
    return this.#core.writer.write(kind, bytes);
  }

  /** All are written in this turn, as far as there is room, so that `close` waits for the last one. */
  #writeBlob(before: string, bytes: Uint8Array, behind: string): Promise<void> | undefined {
    if (before !== "") this.#write(encodeText(before, kind.text))?.catch(() => {});
    const waiting = this.#write({ kind: kind.bytes, bytes });
    if (behind === "") return waiting;
    waiting?.catch(() => {}); // where one fails, those behind it fail too
    return this.#write(encodeText(behind, kind.text));
  }

  async close(): Promise<void> {
    await this.#sent.catch(() => {});
    this.#core.close();
  }

  abort(): void {
    this.#core.close();
  }

  #takeBlob(): Uint8Array | string | undefined {
    const blob = this.#blob;
    this.#blob = undefined;
    return blob === undefined ? undefined : this.#fitter.blob(blob, this);
  }

  /**
   * Joins the lines of all messages that are there, so that they are parsed and answered together, up
   * to a blob.
   */
  #gather(): string | Uint8Array {
    const { reader } = this.#core;
    let lines = "";
    for (let message = reader.tryRead(); message !== undefined; message = reader.tryRead()) {
      const { content } = message;
      if (message.kind === kind.bytes && typeof content !== "string") {
        // Short messages that were read share their memory.
        this.#blob = content.byteLength === content.buffer.byteLength ? content : content.slice();
        return lines === "" ? this.#takeBlob() ?? "" : lines;
      }
      const text = typeof content === "string" ? content : decoder.decode(content);
      lines += this.#fitter.lines(text, this.maxLineBytes);
      if (lines.length > MAX_CHUNK) break;
    }
    return lines;
  }
}

const MAX_CHUNK = limits.maxPipeChunkLength;

function broken(cause: unknown): TransportError {
  if (cause instanceof TransportError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new TransportError("unavailable", message, { cause });
}
