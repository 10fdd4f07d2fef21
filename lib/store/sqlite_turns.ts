/**
 * The turns of SQLite: node:sqlite works synchronously, so a statement that finds the file busy waits
 * here and not in SQLite, where it would hold the event loop.
 *
 * @module
 */

import { delay } from "../base/abort.ts";
import { limits } from "../base/limits.ts";
import { WaitingLine } from "../base/waiting_line.ts";
import { busyStore, isBusy } from "./tables/sqlite_errors.ts";

/** How long to wait for a file that is busy. */
export interface BusyOptions {
  /** When to give up, on the clock of `performance.now()`. */
  readonly endsAtMs: number;
  /** Ends the wait early. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Does work once the file is not busy. Where it is not, that is at once.
 *
 * @param work The work; it is done again from its beginning where SQLite says "busy".
 * @param options When to give up.
 * @returns The result of the work.
 * @throws What the work throws; SQLite's "busy" once the time is over.
 * @throws The signal's reason.
 */
export async function onceNotBusy<T>(
  work: () => T,
  { endsAtMs, signal }: BusyOptions,
): Promise<T> {
  for (let pauseMs = 1;; pauseMs = Math.min(2 * pauseMs, limits.maxStoreRetryPauseMs)) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= endsAtMs) throw error;
    }
    // With jitter, so that two processes do not ask in step.
    await delay(pauseMs * (0.5 + Math.random() / 2), { signal });
  }
}

/** The writes of one connection, in the order in which they were asked for. */
export class WriteTurns {
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal;
  /** The writes behind the one that found the file busy. */
  readonly #line = new WaitingLine();
  /** Whether a write waits for another process. */
  #isWaiting = false;

  /**
   * @param timeoutMs How long a write may wait for another process, in milliseconds.
   * @param signal Ends all waits.
   */
  constructor(timeoutMs: number, signal: AbortSignal) {
    this.#timeoutMs = timeoutMs;
    this.#signal = signal;
  }

  /**
   * Does a write: at once, unless the file is busy or others wait.
   *
   * @param write The write.
   * @returns Its result.
   * @throws {DariError} `unavailable` when too many writes wait already.
   * @throws What the write throws; SQLite's "busy" once the time is over.
   * @throws The signal's reason.
   */
  async run<T>(write: () => T): Promise<T> {
    if (!this.#isWaiting) {
      try {
        return write();
      } catch (error) {
        if (!isBusy(error)) throw error;
      }
    }
    return await this.#later(write);
  }

  async #later<T>(write: () => T): Promise<T> {
    const endsAtMs = performance.now() + this.#timeoutMs;
    if (!this.#isWaiting) this.#isWaiting = true;
    else {
      if (this.#line.size >= limits.maxStoreWritesWaiting) throw busyStore();
      await this.#line.join({ signal: this.#signal });
    }
    try {
      return await onceNotBusy(write, { endsAtMs, signal: this.#signal });
    } finally {
      if (!this.#line.next()) this.#isWaiting = false;
    }
  }
}
