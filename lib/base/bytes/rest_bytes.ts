/**
 * What was left of bytes that were more than there was room for.
 *
 * @module
 */

const NOTHING: Uint8Array = new Uint8Array(0);

/**
 * Keeps one piece of bytes until all of it was taken.
 *
 * @example
 * ```ts
 * import { RestBytes } from "./rest_bytes.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const rest = new RestBytes();
 * rest.keep(Uint8Array.of(1, 2, 3));
 * const memory = new Uint8Array(2);
 * assertEquals([rest.take(memory), memory], [2, Uint8Array.of(1, 2)]);
 * assertEquals([rest.take(memory), rest.isEmpty], [1, true]);
 * ```
 */
export class RestBytes {
  #bytes = NOTHING;

  /** Whether nothing is left. */
  get isEmpty(): boolean {
    return this.#bytes.length === 0;
  }

  /**
   * Keeps bytes in the place of those that are left.
   *
   * @param bytes The bytes, which are not changed any more.
   */
  keep(bytes: Uint8Array): void {
    this.#bytes = bytes;
  }

  /**
   * Takes as many bytes as there is room for.
   *
   * @param into Where they go.
   * @returns How many.
   */
  take(into: Uint8Array): number {
    const part = this.#bytes.subarray(0, into.length);
    into.set(part);
    this.#bytes = this.#bytes.subarray(part.length);
    return part.length;
  }

  /** Forgets what is left. */
  drop(): void {
    this.#bytes = NOTHING;
  }
}
