/**
 * A stream of bytes over a duplex of Node's, for instance a socket that node:https has given up.
 *
 * @module
 */

import type { Duplex } from "node:stream"; // what a request that is upgraded leaves
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
  readonly #chunks: Uint8Array[] = [];
  #unreadBytes = 0;
  #isEnded = false;
  #error: Error | undefined;
  /** Wakes the `read` that waits. */
  #wake: (() => void) | undefined;

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
    for (let chunk = this.#chunks[0];; chunk = this.#chunks[0]) {
      if (chunk !== undefined) return this.#give(chunk, into);
      if (this.#error !== undefined) throw this.#error;
      if (this.#isEnded) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  async write(bytes: Uint8Array): Promise<number> {
    if (this.#duplex.destroyed) throw this.#error ?? new Error("it is closed");
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onClose = () => reject(this.#error ?? new Error("it was closed"));
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

  #give(chunk: Uint8Array, into: Uint8Array): number {
    const part = chunk.subarray(0, into.length);
    into.set(part);
    if (part.length === chunk.length) this.#chunks.shift();
    else this.#chunks[0] = chunk.subarray(part.length);
    this.#unreadBytes -= part.length;
    if (this.#duplex.isPaused() && this.#unreadBytes <= PAUSE_BYTES) this.#duplex.resume();
    return part.length;
  }

  #take(chunk: Uint8Array): void {
    if (this.#isEnded) return;
    this.#chunks.push(chunk);
    this.#unreadBytes += chunk.length;
    const most = this.#maxUnreadBytes();
    if (this.#unreadBytes > PAUSE_BYTES) this.#duplex.pause();
    if (this.#unreadBytes > most) {
      this.#chunks.length = 0;
      this.#end(
        new Error(`the other side sent more than ${most} bytes before they were asked for`),
      );
      this.#duplex.destroy();
    }
    this.#wake?.();
  }

  #end(error?: Error): void {
    if (!this.#isEnded) this.#error = error;
    this.#isEnded = true;
    this.#wake?.();
  }
}
