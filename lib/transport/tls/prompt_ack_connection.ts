/**
 * Answers that do not wait for a delayed acknowledgement.
 *
 * A TLS 1.3 server sends session tickets after the handshake and then its first answer: two small
 * writes in a row. `Deno.listenTls` cannot set TCP_NODELAY, so the server's system holds the answer
 * back until the tickets are acknowledged, and the client's system delays that acknowledgement by
 * 40 ms unless it has something to send. So the client sends a blank line, which the wire ignores,
 * behind its first call, and the acknowledgement travels with it: 46 ms become 3.
 *
 * A long answer leaves in many writes, and its end may be held back in the same way. So a client that
 * has the beginning of a line or blob, and hears nothing more, sends blank lines as well.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc1122#section-4.2.3.2 | RFC 1122}, section 4.2.3.2
 * @module
 */

import { after } from "../../base/abort.ts";
import { TransportError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Connection, Peer } from "../connection.ts";

const BLANK_LINE = "\n";
/** Deno's name for the alert certificate_required (RFC 8446, section 6.2). */
const NO_CERTIFICATE = "CertificateRequired";

/**
 * A client's connection that sends blank lines behind its first lines until the first answer comes,
 * and while the rest of a line or blob does not come. When the server ends the connection before it
 * has answered, the error names the likely reason.
 *
 * Until `#isAnswered`, and later while `#isWatching`, a timer or a blank line may be under way, never
 * both; at other times there is neither, except for a blank line that was being sent before.
 */
export class PromptAckConnection implements Connection {
  /** Given to the constructor; closed by this connection. */
  readonly #inner: Connection;
  /** Whether the other side has sent something, or the connection is over. */
  #isAnswered = false;
  /** Whether the beginning of a line or blob has come, and its rest is waited for. */
  #isWatching = false;
  /** Whether this side has ended the connection. */
  #isClosed = false;
  /** The `send` that began last, from the first answer on. */
  #lastSend: Promise<void> = Promise.resolve();
  /** Forgets the timer of the next blank line. */
  #forget = () => {};
  /** The blank line that is being sent. */
  #sendingBlank: Promise<void> | undefined;

  /** @param inner The connection, on which nothing was sent yet; this one owns it. */
  constructor(inner: Connection) {
    this.#inner = inner;
    const watchRest = () => this.#watchRest();
    inner.onPartial = watchRest;
  }

  get peer(): Peer {
    return this.#inner.peer;
  }

  get recordBytes(): number | undefined {
    return this.#inner.recordBytes;
  }

  get sentBytes(): number | undefined {
    return this.#inner.sentBytes;
  }

  get receivedBytes(): number | undefined {
    return this.#inner.receivedBytes;
  }

  get isHalfCloseable(): boolean {
    return this.#inner.isHalfCloseable === true;
  }

  get maxLineBytes(): number {
    return this.#inner.maxLineBytes;
  }

  set maxLineBytes(bytes: number) {
    this.#inner.maxLineBytes = bytes;
  }

  get takesBlobs(): boolean {
    return this.#inner.takesBlobs === true;
  }

  set takesBlobs(takes: boolean) {
    this.#inner.takesBlobs = takes;
  }

  async receive(): Promise<string | Uint8Array | null> {
    if (this.#isAnswered) {
      try {
        return await this.#inner.receive();
      } finally {
        if (this.#isWatching) this.#stop();
      }
    }
    try {
      const piece = await this.#inner.receive();
      if (piece === null && !this.#isClosed) throw this.#unanswered();
      return piece;
    } catch (cause) {
      // In TLS 1.3 the server looks for the client's certificate after the handshake.
      if (cause instanceof Error && cause.message.includes(NO_CERTIFICATE)) {
        throw this.#unanswered(cause);
      }
      throw cause;
    } finally {
      this.#stop();
    }
  }

  send(...pieces: Parameters<Connection["send"]>): Promise<void> {
    const isPlain = this.#isAnswered && this.#sendingBlank === undefined;
    return this.#lastSend = isPlain ? this.#inner.send(...pieces) : this.#sendBehindBlank(pieces);
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#stop();
    return this.#inner.close();
  }

  abort(): void {
    this.#isClosed = true;
    this.#stop();
    this.#inner.abort();
  }

  async #sendBehindBlank(pieces: Parameters<Connection["send"]>): Promise<void> {
    await this.#sendingBlank; // one `send` at a time
    if (!this.#isAnswered) this.#forget();
    await this.#inner.send(...pieces);
    if (!this.#isAnswered) this.#sendBlankAfter(limits.firstBlankLineMs);
  }

  /** Doubles its pause, because the tickets of a distant server take longer. */
  #sendBlankAfter(ms: number): void {
    if (ms > limits.lastBlankLineMs) return;
    this.#forget = after(ms, () => {
      this.#sendBlank(() => {
        if (!this.#isAnswered) this.#sendBlankAfter(2 * ms);
      });
    });
  }

  #sendBlank(then: () => void): void {
    this.#sendingBlank = this.#inner.send(BLANK_LINE)
      .then(then)
      .catch(() => {}) // the next `receive` or `send` rejects
      .finally(() => this.#sendingBlank = undefined);
  }

  /** The rest may be held back. It is waited for until `receive` has it. */
  #watchRest(): void {
    if (this.#isWatching || !this.#isAnswered || this.#isClosed) return;
    this.#isWatching = true;
    this.#watchAfter(limits.firstBlankLineMs);
  }

  /** Sends a blank line where nothing has come, or was sent, in the meantime. */
  #watchAfter(ms: number): void {
    const { receivedBytes } = this.#inner;
    const forget = this.#forget = after(Math.min(ms, limits.lastBlankLineMs), async () => {
      const lastSend = this.#lastSend;
      await lastSend.catch(() => {}); // one `send` at a time, and it carries the acknowledgement
      if (!this.#isWatching || this.#forget !== forget) return;
      const isHeldBack = this.#inner.receivedBytes === receivedBytes &&
        this.#lastSend === lastSend && this.#sendingBlank === undefined;
      if (!isHeldBack) return this.#watchAfter(limits.firstBlankLineMs);
      if (ms > limits.lastBlankLineMs) return this.#watchAfter(ms); // the server takes its time
      this.#sendBlank(() => {
        if (this.#isWatching) this.#watchAfter(2 * ms);
      });
    });
  }

  #unanswered(cause?: unknown): TransportError {
    return new TransportError(
      "unavailable",
      `${this.peer.address} ended the connection without an answer; a server that asks for client ` +
        `certificates does that to clients without one (cert and key, --cert FILE --key FILE)`,
      { cause },
    );
  }

  #stop(): void {
    this.#isAnswered = true;
    this.#isWatching = false;
    this.#forget();
  }
}
