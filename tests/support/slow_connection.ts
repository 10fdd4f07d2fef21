/**
 * A connection for tests of what is sent.
 *
 * @module
 */

import type { Connection, Peer } from "../../lib/transport/connection.ts";

/** A connection whose writes end when a test says so. */
export class SlowConnection implements Connection {
  readonly peer: Peer = { transport: "memory", address: "memory" };
  maxLineBytes = 0;
  recordBytes: number | undefined;
  /** The writes so far; bytes are shown between angle brackets. */
  readonly sent: string[] = [];
  #write = Promise.withResolvers<void>();

  send(lines: string, bytes?: Uint8Array, linesBehind = ""): Promise<void> {
    const shown = bytes === undefined ? "" : `<${new TextDecoder().decode(bytes)}>`;
    this.sent.push(`${lines}${shown}${linesBehind}`);
    this.#write = Promise.withResolvers<void>();
    return this.#write.promise;
  }

  /** Ends the write that is under way, and lets the outbox see it. */
  async finish(error?: Error): Promise<void> {
    if (error) this.#write.reject(error);
    else this.#write.resolve();
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  }

  receive = () => Promise.resolve(null);
  close = () => Promise.resolve();
  abort(): void {}
}
