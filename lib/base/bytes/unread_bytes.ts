/**
 * Bytes that have come and wait until somebody reads them.
 *
 * @module
 */

import { atMost } from "./at_most.ts";

/**
 * A queue of bytes with an end. Bytes that came before the end are read before it is told.
 *
 * @example
 * ```ts
 * import { UnreadBytes } from "./unread_bytes.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const unread = new UnreadBytes();
 * unread.push(Uint8Array.of(1, 2, 3));
 * unread.end();
 * const memory = new Uint8Array(2);
 * assertEquals([await unread.read(memory), memory], [2, Uint8Array.of(1, 2)]);
 * assertEquals([await unread.read(memory), await unread.read(memory)], [1, null]);
 * ```
 */
export class UnreadBytes {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;
  #isEnded = false;
  #error: Error | undefined;
  /** Wakes the `read` that waits. */
  #wake: (() => void) | undefined;

  /** How many bytes wait. */
  get length(): number {
    return this.#length;
  }

  /** Whether no more bytes come. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Why no more bytes come, where that is an error. */
  get error(): Error | undefined {
    return this.#error;
  }

  /**
   * Adds bytes.
   *
   * @param chunk The bytes, which are not changed any more.
   */
  push(chunk: Uint8Array): void {
    if (chunk.length > 0) this.#chunks.push(chunk);
    this.#length += chunk.length;
    this.#wake?.();
  }

  /**
   * Says that no more bytes come.
   *
   * @param error Why, where that is an error; the first one is kept.
   */
  end(error?: Error): void {
    this.#error ??= error;
    this.#isEnded = true;
    this.#wake?.();
  }

  /** Forgets the bytes that wait. */
  drop(): void {
    this.#chunks.length = 0;
    this.#length = 0;
  }

  /**
   * Reads as `Deno.Conn` does. One call may wait at a time.
   *
   * @param into Where the bytes go.
   * @returns How many; `null` at the end.
   * @throws {Error} The error of the end, as a rejection.
   */
  async read(into: Uint8Array): Promise<number | null> {
    while (this.#chunks.length === 0) {
      if (this.#error !== undefined) throw this.#error;
      if (this.#isEnded) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    let length = 0;
    for (let chunk = this.#chunks[0]; chunk !== undefined && length < into.length;) {
      const part = atMost(chunk, into.length - length);
      into.set(part, length);
      length += part.length;
      if (part.length === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(part.length);
      chunk = this.#chunks[0];
    }
    this.#length -= length;
    return length;
  }
}
