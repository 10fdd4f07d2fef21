/**
 * Callers that wait for messages.
 *
 * @module
 */

import { after } from "../../base/abort.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { WaitingLine } from "../../base/waiting_line.ts";
import type { Outlook } from "./tables/take.ts";

/** What {@linkcode Takers} work with. */
export interface TakersOptions {
  /** Looks at queues: what other processes put, and what is due by now. */
  readonly look: (names: readonly string[]) => Promise<ReadonlyMap<string, Outlook>>;
  /** The time, in milliseconds since the epoch. */
  readonly now: () => number;
  /** The longest pause between two looks, in milliseconds. */
  readonly pollMs: number;
  /** How long those of a queue wait where another server may come first. @default {not at all} */
  readonly pauseMs?: ((name: string) => number) | undefined;
}

/**
 * Lines of waiting callers, one for each queue. A message that this process puts wakes one of them at
 * once. While somebody waits, a look at the store finds what other processes put, and it is made at
 * the very moment when a delay or a lease ends.
 */
export class Takers {
  readonly #options: TakersOptions;
  readonly #lines = new Map<string, WaitingLine>();
  #waiting = 0;
  /** Cancels the next look. */
  #forget: (() => void) | undefined;
  #isLooking = false;

  /** @param options How queues are looked at. */
  constructor(options: TakersOptions) {
    this.#options = options;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Waits until there may be a message.
   *
   * @param name The queue.
   * @param signal Ends the wait.
   * @param nextAt When a delay or a lease ends, in milliseconds since the epoch.
   * @throws {DariError} `resource_exhausted` when too many wait.
   * @throws The signal's reason.
   */
  async wait(name: string, signal: AbortSignal, nextAt: number): Promise<void> {
    if (this.#waiting >= limits.maxWaitingTakers) {
      throw new DariError("resource_exhausted", "Too many callers wait for messages; try again", {
        retryAfterMs: limits.storeRetryAfterMs,
      });
    }
    let line = this.#lines.get(name);
    if (line === undefined) this.#lines.set(name, line = new WaitingLine());
    this.#waiting++;
    try {
      const turn = line.join({ signal });
      this.#lookAt(nextAt);
      await turn;
    } finally {
      this.#waiting--;
      if (line.size === 0 && this.#lines.get(name) === line) this.#lines.delete(name);
      if (this.#waiting === 0) this.#stop();
    }
  }

  /**
   * Wakes callers that wait for a queue, as many as there are messages.
   *
   * @param name The queue.
   * @param count How many messages there are.
   * @param pauseMs How long to wait before that, in milliseconds.
   */
  wake(name: string, count: number, pauseMs = 0): void {
    if (pauseMs > 0) {
      after(pauseMs, () => this.wake(name, count), { persistent: false });
      return;
    }
    const line = this.#lines.get(name);
    for (let left = count; left > 0 && line?.next(); left--);
  }

  #stop(): void {
    this.#forget?.();
    this.#forget = undefined;
  }

  #lookAt(nextAt: number): void {
    if (this.#isLooking) return;
    const { now, pollMs } = this.#options;
    this.#forget?.();
    const pauseMs = Math.min(pollMs, Math.max(1, nextAt - now()));
    this.#forget = after(pauseMs, () => void this.#look());
  }

  async #look(): Promise<void> {
    this.#forget = undefined;
    this.#isLooking = true;
    let nextAt = Infinity;
    try {
      for (const [name, outlook] of await this.#options.look([...this.#lines.keys()])) {
        const pauseMs = this.#options.pauseMs?.(name);
        if (outlook.canTake) this.wake(name, outlook.count, pauseMs);
        nextAt = Math.min(nextAt, outlook.nextAt);
      }
    } catch {
      // The store is busy or closed; a take says so to its caller, and here the next look follows.
    } finally {
      this.#isLooking = false;
    }
    if (this.#waiting > 0) this.#lookAt(nextAt);
  }
}
