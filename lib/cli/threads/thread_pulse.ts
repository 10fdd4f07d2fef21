/**
 * Notices threads that do not answer: a method that never returns holds all calls of its thread.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";

/** What to do about silent threads. */
export interface ThreadPulseOptions {
  /** Hears that a thread has said nothing for so long, in milliseconds. */
  readonly onSilent: (thread: number, silentMs: number) => void;
  /** Hears that it speaks again. */
  readonly onBack: (thread: number) => void;
}

/**
 * Counts the looks since each thread was last heard. A thread says something every
 * `limits.threadReportMs`, and is looked at as often; time in which the main thread itself was held up
 * counts for none of them.
 */
export class ThreadPulse {
  readonly #options: ThreadPulseOptions;
  /** By thread; one that is gone has no entry. */
  readonly #missed = new Map<number, number>();

  /** @param options What to do about silent threads. */
  constructor(options: ThreadPulseOptions) {
    this.#options = options;
  }

  /** A thread has said something. */
  heard(thread: number): void {
    if ((this.#missed.get(thread) ?? 0) >= limits.maxThreadReportsMissed) {
      this.#options.onBack(thread);
    }
    this.#missed.set(thread, 0);
  }

  /** A thread has ended. */
  forget(thread: number): void {
    this.#missed.delete(thread);
  }

  /** Looks for silent threads; each is told of once. */
  look(): void {
    for (const [thread, before] of this.#missed) {
      const missed = before + 1;
      this.#missed.set(thread, missed);
      if (missed !== limits.maxThreadReportsMissed) continue;
      this.#options.onSilent(thread, missed * limits.threadReportMs);
    }
  }
}
