/**
 * A line in which callers wait for their turn and which they may leave.
 *
 * @module
 */

import type { WaitOptions } from "./abort.ts";

/**
 * A line of callers, first come, first served. The giver of turns calls {@linkcode WaitingLine.next};
 * how many may wait is the caller's to bound.
 *
 * @example
 * ```ts
 * import { WaitingLine } from "./waiting_line.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const line = new WaitingLine();
 * const turn = line.join();
 * assertEquals(line.next(), true);
 * await turn;
 * assertEquals(line.next(), false);
 * ```
 */
export class WaitingLine {
  /** The callers that wait; each entry gives one its turn. */
  readonly #waiting = new Set<() => void>();

  /** How many wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Waits for a turn.
   *
   * @param options The signal with which the caller leaves the line. A turn is never given to a
   * caller that has left.
   * @throws The signal's reason.
   */
  join({ signal }: WaitOptions = {}): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = (): void => {
      this.#waiting.delete(enter);
      reject(signal?.reason);
    };
    const enter = (): void => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    };
    this.#waiting.add(enter);
    signal?.addEventListener("abort", onAbort, { once: true });
    return promise;
  }

  /**
   * Gives the first in the line its turn.
   *
   * @returns Whether somebody waited.
   */
  next(): boolean {
    for (const enter of this.#waiting) {
      this.#waiting.delete(enter);
      enter();
      return true;
    }
    return false;
  }
}
