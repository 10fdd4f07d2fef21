/**
 * Memory that the connections of a process share, so that many slow ones together cannot take it all.
 *
 * @module
 */

import { limits } from "../base/limits.ts";

/**
 * A bound for the bytes that wait in connections: received and not taken yet, or not sent yet. When
 * they exceed it, the connection in which the most bytes wait is cut.
 *
 * Invariant: `#bytes` is the sum of `bytes` of all `#shares`.
 *
 * @example
 * ```ts
 * import { SharedBudget } from "./shared_budget.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const cut: string[] = [];
 * const budget = new SharedBudget(100);
 * budget.open(() => cut.push("large")).set(80);
 * budget.open(() => cut.push("small")).set(30);
 * assertEquals(cut, ["large"]);
 * assertEquals(budget.bytes, 30);
 * ```
 */
export class SharedBudget {
  readonly #maxBytes: number;
  readonly #shares = new Set<BudgetShare>();
  #bytes = 0;
  /** Set by {@linkcode SharedBudget.join}. */
  #level: BudgetLevel | undefined;

  /** @param maxBytes The most bytes that may wait in all connections together. */
  constructor(maxBytes: number = limits.maxWaitingBytes) {
    this.#maxBytes = maxBytes;
  }

  /** The bytes that wait in all connections together. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Makes one bound of this and the budgets of other threads. Of those whose connections hold more
   * than an equal part of it, each cuts its own.
   *
   * @param level What waits in the other threads.
   * @returns Makes it a bound of its own again.
   */
  join(level: BudgetLevel): () => void {
    this.#level = level;
    level.set(this.#bytes);
    return () => {
      if (this.#level === level) this.#level = undefined;
    };
  }

  /**
   * Opens a share for one connection.
   *
   * @param cut Ends the connection; called at most once, for the given reason.
   */
  open(cut: (reason: string) => void): BudgetShare {
    return new BudgetShare((share, change) => this.#change(share, change), cut);
  }

  #change(share: BudgetShare, change: number): void {
    this.#bytes += change;
    if (share.bytes === 0) this.#shares.delete(share);
    else this.#shares.add(share);
    this.#level?.set(this.#bytes);
    while (this.#isExceeded()) {
      const [first, ...others] = this.#shares;
      if (first === undefined) return;
      const largest = others.reduce((most, one) => one.bytes > most.bytes ? one : most, first);
      largest.cut(
        `more than ${this.#maxBytes} bytes wait in the connections of this process, ` +
          `${largest.bytes} of them in this one`,
      );
    }
  }

  #isExceeded(): boolean {
    if (this.#level === undefined) return this.#bytes > this.#maxBytes;
    // Where all threads together hold too much, at least one of them holds more than an equal part.
    return this.#bytes > this.#maxBytes / this.#level.threads &&
      this.#bytes + this.#level.others > this.#maxBytes;
  }
}

/** What waits in all threads of a program, of which this is one. */
export interface BudgetLevel {
  /** How many threads there are. */
  readonly threads: number;
  /** The bytes that wait in the others. */
  readonly others: number;
  /** Says how many bytes wait in this one. */
  set(bytes: number): void;
}

/** What waits in one connection. */
export class BudgetShare {
  readonly #changed: (share: BudgetShare, change: number) => void;
  readonly #cut: (reason: string) => void;
  #bytes = 0;
  #isClosed = false;

  /**
   * @param changed Hears of each change.
   * @param cut Ends the connection.
   */
  constructor(
    changed: (share: BudgetShare, change: number) => void,
    cut: (reason: string) => void,
  ) {
    this.#changed = changed;
    this.#cut = cut;
  }

  /** How many bytes wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Says how many bytes wait now.
   *
   * @param bytes Their number; once the share is closed it does not count.
   */
  set(bytes: number): void {
    if (this.#isClosed || bytes === this.#bytes) return;
    const change = bytes - this.#bytes;
    this.#bytes = bytes;
    this.#changed(this, change);
  }

  /** Gives everything back. */
  close(): void {
    this.set(0);
    this.#isClosed = true;
  }

  /** Gives everything back and ends the connection. */
  cut(reason: string): void {
    this.close();
    this.#cut(reason);
  }
}

/** The budget of this process. */
export const processBudget: SharedBudget = new SharedBudget();
