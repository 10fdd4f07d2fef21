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

import { limits } from "../base/limits.ts";
import type { Connection, Peer } from "../transport/connection.ts";

const BLANK_LINE = "\n";

/** A connection that sends blank lines behind its first lines until something comes back. */
export class NudgedConnection implements Connection {
  readonly #inner: Connection;
  #isAnswered = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #nudge: Promise<void> | undefined;

  /** @param inner The connection, on which nothing was sent yet; this one owns it. */
  constructor(inner: Connection) {
    this.#inner = inner;
  }

  get peer(): Peer {
    return this.#inner.peer;
  }

  get maxLineBytes(): number {
    return this.#inner.maxLineBytes;
  }

  set maxLineBytes(bytes: number) {
    this.#inner.maxLineBytes = bytes;
  }

  async receive(): Promise<string | null> {
    const lines = await this.#inner.receive();
    this.#stop();
    return lines;
  }

  send(lines: string): Promise<void> {
    const isPlain = this.#isAnswered && this.#nudge === undefined;
    return isPlain ? this.#inner.send(lines) : this.#sendAndNudge(lines);
  }

  close(): Promise<void> {
    this.#stop();
    return this.#inner.close();
  }

  abort(): void {
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

  #stop(): void {
    this.#isAnswered = true;
    clearTimeout(this.#timer);
  }
}
