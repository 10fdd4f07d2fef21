/**
 * How many bytes of a stream may be on the way. A window grows where a sender asks for that and the
 * receiver reads what comes; one that nobody reads keeps its size.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";

const { natsWindowBytes: FIRST, maxNatsWindowBytes: MOST } = limits;

/** What all windows of one connection to NATS together may have beyond their first sizes. */
export class WindowBudget {
  #leftBytes = limits.maxNatsExtraWindowBytes;

  /**
   * Takes some of it.
   *
   * @param bytes How much.
   * @returns Whether there was so much left.
   */
  take(bytes: number): boolean {
    if (bytes > this.#leftBytes) return false;
    this.#leftBytes -= bytes;
    return true;
  }

  /** Gives back what was taken. */
  give(bytes: number): void {
    this.#leftBytes += bytes;
  }
}

/** The window of one direction at one of its ends. It doubles, and what is added is of the budget. */
export class Window {
  readonly #budget: WindowBudget;
  #bytes = FIRST;
  /** What of the budget belongs to the window: what it has grown by, and what is reserved. */
  #taken = 0;

  /** @param budget What it shares with others. */
  constructor(budget: WindowBudget) {
    this.#budget = budget;
  }

  /** Its size. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether it is larger than at first. */
  get hasGrown(): boolean {
    return this.#bytes > FIRST;
  }

  /** Whether memory for twice the size is reserved. */
  get isReserved(): boolean {
    return this.#taken > this.#bytes - FIRST;
  }

  /**
   * Reserves memory for twice the size.
   *
   * @returns Whether there is some now that was not reserved before.
   */
  reserve(): boolean {
    if (this.isReserved || this.#bytes >= MOST || !this.#budget.take(this.#bytes)) return false;
    this.#taken += this.#bytes;
    return true;
  }

  /** Doubles it, where memory for that is reserved. */
  double(): void {
    if (this.isReserved) this.#bytes *= 2;
  }

  /** Gives back what is not needed any more. */
  close(): void {
    this.#budget.give(this.#taken);
    this.#taken = 0;
  }
}
