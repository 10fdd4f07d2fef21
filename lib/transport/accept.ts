/**
 * The loop beneath every listener: accept, and after a failure pause instead of spinning.
 *
 * @module
 */

import { delay } from "../base/abort.ts";
import { limits } from "../base/limits.ts";

/** Something that accepts, as `Deno.Listener` does. */
export interface Acceptor<T> {
  /** Waits for the next one. */
  accept(): Promise<T>;
}

/**
 * Accepts until the acceptor is closed. After a failure, such as running out of descriptors, it
 * pauses, for longer with each failure in a row.
 *
 * @param acceptor What accepts.
 * @param closed Aborts when the acceptor is closed on purpose; ends a pause as well.
 */
export async function* acceptAll<T>(
  acceptor: Acceptor<T>,
  closed: AbortSignal,
): AsyncGenerator<T> {
  let pauseMs: number = limits.acceptRetryMs;
  while (!closed.aborted) {
    try {
      const accepted = await acceptor.accept();
      pauseMs = limits.acceptRetryMs;
      yield accepted;
    } catch (error) {
      if (closed.aborted || error instanceof Deno.errors.BadResource) return;
      await delay(pauseMs, { signal: closed }).catch(() => {}); // closed: the loop ends
      pauseMs = longerPause(pauseMs);
    }
  }
}

/**
 * How long to pause after one failure more.
 *
 * @param pauseMs The pause before, in milliseconds.
 * @returns Twice as long, within the bound.
 */
export function longerPause(pauseMs: number): number {
  return Math.min(2 * pauseMs, limits.maxAcceptRetryMs);
}
