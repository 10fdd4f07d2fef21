/**
 * PBKDF2, and a queue that bounds how many derivations run: they are the only work of this room that
 * a stranger can make expensive.
 *
 * @module
 */

import type { WaitOptions } from "../../base/abort.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { WaitingLine } from "../../base/waiting_line.ts";
import type { Bytes } from "./bytes.ts";

/**
 * Derives bytes by PBKDF2-HMAC-SHA256 with Web Crypto, off the event loop.
 *
 * @param password The password's bytes.
 * @param salt The salt.
 * @param iterations The number of iterations.
 * @param length How many bytes to derive.
 * @returns The derived bytes.
 * @see RFC 8018, section 5.2
 */
export async function pbkdf2(
  password: Bytes,
  salt: Bytes,
  iterations: number,
  length = 32,
): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const bits = await crypto.subtle.deriveBits(
    { name: "PBKDF2", hash: "SHA-256", salt, iterations },
    key,
    length * 8,
  );
  return new Uint8Array(bits);
}

/** Runs derivations a few at a time, lets some wait, and refuses the rest. */
export interface DerivationQueue {
  /**
   * Runs a derivation when its turn comes.
   *
   * @param work The derivation.
   * @param options The signal that ends the wait; a derivation that runs already goes on.
   * @returns The result of the derivation.
   * @throws {DariError} `resource_exhausted` when too many wait already.
   * @throws The signal's reason.
   */
  run<T>(work: () => Promise<T>, options?: WaitOptions): Promise<T>;
}

/**
 * Makes a queue for derivations.
 *
 * @param options How many run at once (the core count by default), and how many may wait.
 * @returns The queue.
 */
export function createDerivationQueue(
  options: { running?: number; waiting?: number } = {},
): DerivationQueue {
  const { running = navigator.hardwareConcurrency, waiting = limits.maxDerivationsWaiting } =
    options;
  const line = new WaitingLine();
  let free = running;
  return {
    run: async (work, wait) => {
      wait?.signal?.throwIfAborted();
      if (free > 0) {
        free--;
      } else if (line.size >= waiting) {
        throw new DariError(
          "resource_exhausted",
          "Too many sign-ins are waiting; try again later",
          {
            retryAfterMs: limits.derivationRetryMs,
          },
        );
      } else {
        await line.join(wait);
      }
      try {
        return await work();
      } finally {
        if (!line.next()) free++;
      }
    },
  };
}
