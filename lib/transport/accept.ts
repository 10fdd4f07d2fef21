/**
 * The loop beneath every listener: accept, cap, back off, never spin.
 *
 * @module
 */

import { limits } from "../base/limits.ts";

/** Something that accepts, as `Deno.Listener` does. */
export interface Acceptor<T> {
  /** Waits for the next one. */
  accept(): Promise<T>;
  /** Stops. */
  close(): void;
}

/**
 * Accepts until the acceptor is closed. Failures, such as running out of descriptors, are waited
 * out with a growing pause.
 *
 * @param acceptor What accepts.
 * @param isClosed Whether it was closed on purpose.
 */
export async function* acceptAll<T>(
  acceptor: Acceptor<T>,
  isClosed: () => boolean,
): AsyncGenerator<T> {
  let pauseMs: number = limits.acceptRetryMs;
  while (!isClosed()) {
    try {
      const accepted = await acceptor.accept();
      pauseMs = limits.acceptRetryMs;
      yield accepted;
    } catch (error) {
      if (isClosed() || error instanceof Deno.errors.BadResource) return;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      pauseMs = Math.min(2 * pauseMs, limits.maxAcceptRetryMs);
    }
  }
}
