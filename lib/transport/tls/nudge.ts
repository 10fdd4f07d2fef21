/**
 * A first answer that does not wait for an acknowledgement.
 *
 * A TLS 1.3 server sends session tickets after the handshake and then its first answer: two small
 * writes in a row. `Deno.listenTls` cannot set TCP_NODELAY, so its system keeps the answer back until
 * the tickets are acknowledged, and the client's system takes 40 ms over that unless it has something
 * to send. A blank line, which the wire ignores, is something to send: 46 ms become 3.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc1122#section-4.2.3.2 | RFC 1122}, section 4.2.3.2
 * @module
 */

import { TransportError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Connection, Peer } from "../connection.ts";

const BLANK_LINE = "\n";
/** Deno's word for the alert certificate_required (RFC 8446, section 6.2). */
const NO_CERTIFICATE = "CertificateRequired";

/**
 * A connection that sends blank lines behind its first lines until something comes back, and says
 * what it may mean where nothing does.
 */
export class NudgedConnection implements Connection {
  readonly #inner: Connection;
  #isAnswered = false;
  #isOver = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #nudge: Promise<void> | undefined;

  /** @param inner The connection, on which nothing was sent yet; this one owns it. */
  constructor(inner: Connection) {
    this.#inner = inner;
  }

  get peer(): Peer {
    return this.#inner.peer;
  }

  get sentBytes(): number | undefined {
    return this.#inner.sentBytes;
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

  async receive(): Promise<string | null> {
    if (this.#isAnswered) return await this.#inner.receive();
    try {
      const lines = await this.#inner.receive();
      if (lines === null && !this.#isOver) throw this.#unanswered();
      return lines;
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

  send(lines: string): Promise<void> {
    const isPlain = this.#isAnswered && this.#nudge === undefined;
    return isPlain ? this.#inner.send(lines) : this.#sendAndNudge(lines);
  }

  close(): Promise<void> {
    this.#isOver = true;
    this.#stop();
    return this.#inner.close();
  }

  abort(): void {
    this.#isOver = true;
    this.#stop();
    this.#inner.abort();
  }

  async #sendAndNudge(lines: string): Promise<void> {
    await this.#nudge; // one `send` at a time
    clearTimeout(this.#timer);
    await this.#inner.send(lines);
    this.#nudgeAfter(limits.firstNudgeMs);
  }

  /** The longer the way, the later the tickets come. */
  #nudgeAfter(ms: number): void {
    if (this.#isAnswered || ms > limits.lastNudgeMs) return;
    this.#timer = setTimeout(() => {
      this.#nudge = this.#inner.send(BLANK_LINE)
        .then(() => this.#nudgeAfter(2 * ms))
        .catch(() => {}) // whoever receives or sends gets to know
        .finally(() => this.#nudge = undefined);
    }, ms);
  }

  #unanswered(cause?: unknown): TransportError {
    return new TransportError(
      "unavailable",
      `${this.peer.address} ended the connection without an answer; a server that asks for client ` +
        `certificates does that to whoever shows none (cert and key, --cert FILE --key FILE)`,
      { cause },
    );
  }

  #stop(): void {
    this.#isAnswered = true;
    clearTimeout(this.#timer);
  }
}
