/**
 * The body of a request as it comes.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { CollectedBytes } from "../engine/collected_bytes.ts";
import { bodyTooLong, HttpFault } from "../engine/http_fault.ts";

const { http2ChunkBytes: CHUNK_BYTES } = limits;

/** Takes what a client sends on one stream, and gives it to the body's reader. */
export class IncomingBody {
  /** Hears of bytes that were taken, for which the client may send others. */
  readonly #onTaken: (bytes: number) => void;
  /** What waits for a reader. */
  #chunks: Uint8Array<ArrayBuffer>[] = [];
  #unread = 0;
  #isEnded = false;
  #error: Error | undefined;
  /** Whether nobody reads it any more: what comes is dropped. */
  #isDropped = false;
  /** Wakes the reader that waits. */
  #wake = () => {};
  /** How much was dropped. */
  droppedBytes = 0;

  /** @param onTaken Called with the number of bytes that were read or dropped. */
  constructor(onTaken: (bytes: number) => void) {
    this.#onTaken = onTaken;
  }

  /**
   * Takes data.
   *
   * @param data The data; it is copied.
   */
  push(data: Uint8Array): void {
    if (this.#isDropped) {
      this.droppedBytes += data.length;
      return this.#onTaken(data.length);
    }
    this.#unread += data.length;
    const last = this.#chunks.at(-1);
    // Data of a few bytes a frame would cost a hundred times its length.
    if (last !== undefined && last.length + data.length <= CHUNK_BYTES) {
      const joined = new Uint8Array(last.length + data.length);
      joined.set(last);
      joined.set(data, last.length);
      this.#chunks[this.#chunks.length - 1] = joined;
    } else {
      this.#chunks.push(new Uint8Array(data));
    }
    this.#wake();
  }

  /** The body is whole. */
  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  /**
   * The body will not be whole.
   *
   * @param error Why.
   */
  fail(error: Error): void {
    this.#error ??= error;
    this.drop();
  }

  /** Nobody reads the body: what waits and what comes is dropped. */
  drop(): void {
    if (this.#isDropped) return;
    this.#isDropped = true;
    this.#error ??= new HttpFault(400, "The body was dropped");
    const unread = this.#unread;
    this.#chunks = [];
    this.#unread = 0;
    this.droppedBytes += unread;
    if (unread > 0) this.#onTaken(unread);
    this.#wake();
  }

  /**
   * Reads what has come. Only one read may wait.
   *
   * @returns The next bytes; `null` at the end.
   * @throws {Error} Why the body does not come whole; as a rejection.
   */
  async read(): Promise<Uint8Array<ArrayBuffer> | null> {
    while (true) {
      const chunk = this.#next();
      if (chunk !== undefined) return chunk;
      if (this.#error !== undefined) throw this.#error;
      if (this.#isEnded) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /**
   * Reads the whole body.
   *
   * @param maxBytes The most bytes that are taken.
   * @throws {HttpFault} 413 for more, 408 for a body that came too slowly; as a rejection.
   */
  bytes(maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
    const collected = new CollectedBytes();
    this.#wake = () => {
      for (let chunk = this.#next(); chunk !== undefined; chunk = this.#next()) {
        collected.push(chunk);
        if (collected.length <= maxBytes) continue;
        return this.fail(bodyTooLong(maxBytes)); // it wakes this reader
      }
      if (this.#error !== undefined) reject(this.#error);
      else if (this.#isEnded) resolve(collected.bytes);
    };
    this.#wake();
    return promise;
  }

  #next(): Uint8Array<ArrayBuffer> | undefined {
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return undefined;
    this.#unread -= chunk.length;
    this.#onTaken(chunk.length);
    return chunk;
  }
}
