/**
 * A relay between two programs, whose two directions can be made slow.
 *
 * @module
 */

import { delay } from "../../../lib/base/abort.ts";

/** Which end reads slowly. */
export type SlowSide = "client" | "server" | "both";

/** Bytes that a slow direction lets through at a time, and how long it pauses then. */
const SLOW_BYTES = 4_096;
const SLOW_PAUSE_MS = 40;

/** Carries connections to another address, at full speed until it is told otherwise. */
export class Relay implements AsyncDisposable {
  /** Where it listens. */
  readonly port: number;
  /** Who reads slowly now. */
  slow: SlowSide | undefined;
  readonly #listener: Deno.TcpListener;
  readonly #running: Promise<void>;
  readonly #conns: Deno.TcpConn[] = [];

  /** @param port Where it goes on to, on this machine. */
  constructor(port: number) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = this.#listener.addr.port;
    this.#running = this.#accept(port);
  }

  async #accept(port: number): Promise<void> {
    for await (const near of this.#listener) {
      const far = await Deno.connect({ hostname: "127.0.0.1", port });
      for (const conn of [near, far]) conn.setNoDelay(true);
      this.#conns.push(near, far);
      this.#carry(near, far, "server");
      this.#carry(far, near, "client");
    }
  }

  /** Carries one direction until an end has closed. */
  async #carry(from: Deno.TcpConn, to: Deno.TcpConn, reader: SlowSide): Promise<void> {
    const buffer = new Uint8Array(256 * 1_024);
    try {
      while (true) {
        const isSlow = this.slow === "both" || this.slow === reader;
        if (isSlow) await delay(SLOW_PAUSE_MS);
        const length = await from.read(isSlow ? buffer.subarray(0, SLOW_BYTES) : buffer);
        if (length === null) return await to.closeWrite();
        for (let sent = 0; sent < length;) sent += await to.write(buffer.subarray(sent, length));
      }
    } catch {
      // An end was closed while bytes were on their way.
    }
  }

  /** Closes all. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const conn of this.#conns) conn.close();
    await this.#running;
  }
}
