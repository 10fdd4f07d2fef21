/**
 * A stream of bytes over a duplex of Node's, for instance a socket that node:https has given up.
 *
 * @module
 */

import type { Duplex } from "node:stream"; // what a request that is upgraded leaves
import { UnreadBytes } from "../../base/bytes/unread_bytes.ts";
import { limits } from "../../base/limits.ts";
import type { ByteStream } from "../stream_connection.ts";

const { proxyBufferBytes: PAUSE_BYTES } = limits;

/**
 * Reads and writes a duplex. While much waits unread it is paused; a socket of node:tls in Deno reads on
 * all the same, so it is cut when too much does.
 */
export class DuplexStream implements ByteStream {
  readonly #duplex: Duplex;
  readonly #maxUnreadBytes: () => number;
  readonly #unread = new UnreadBytes();

  /**
   * @param duplex The duplex; the stream owns it.
   * @param maxUnreadBytes How many bytes may wait before it is cut, as it is now.
   */
  constructor(duplex: Duplex, maxUnreadBytes: () => number) {
    this.#duplex = duplex;
    this.#maxUnreadBytes = maxUnreadBytes;
    duplex.on("data", (chunk: Uint8Array) => this.#take(chunk));
    duplex.on("end", () => this.#end());
    duplex.on("error", (error: Error) => this.#end(error));
    duplex.on("close", () => this.#end());
    if (duplex.readableEnded || duplex.destroyed) this.#end();
  }

  async read(into: Uint8Array): Promise<number | null> {
    const length = await this.#unread.read(into);
    if (this.#duplex.isPaused() && this.#unread.length <= PAUSE_BYTES) this.#duplex.resume();
    return length;
  }

  async write(bytes: Uint8Array): Promise<number> {
    if (this.#duplex.destroyed) throw this.#unread.error ?? new Error("it is closed");
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onClose = () => reject(this.#unread.error ?? new Error("it was closed"));
    this.#duplex.once("close", onClose);
    this.#duplex.write(bytes, (error) => error ? reject(error) : resolve());
    await promise.finally(() => this.#duplex.off("close", onClose));
    return bytes.length;
  }

  async closeWrite(): Promise<void> {
    if (this.#duplex.destroyed) return;
    await new Promise<void>((resolve) => {
      this.#duplex.once("close", () => resolve());
      this.#duplex.end(() => resolve());
    });
  }

  close(): void {
    this.#duplex.destroy();
  }

  #take(chunk: Uint8Array): void {
    if (this.#unread.isEnded) return;
    this.#unread.push(chunk);
    const most = this.#maxUnreadBytes();
    if (this.#unread.length > PAUSE_BYTES) this.#duplex.pause();
    if (this.#unread.length > most) {
      this.#unread.drop();
      this.#end(
        new Error(`the other side sent more than ${most} bytes before they were asked for`),
      );
      this.#duplex.destroy();
    }
  }

  #end(error?: Error): void {
    if (!this.#unread.isEnded) this.#unread.end(error);
  }
}
