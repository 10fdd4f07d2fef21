/**
 * Several servers that want the same message.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";

/**
 * How long somebody waits before asking for what another server has put. All servers hear of a message
 * at the same time, and one of them gets it; those who came too late wait a little longer the next
 * time, a part of it left to chance, and by then most often see that it was taken. Whoever is alone waits
 * for nothing.
 */
export class Spread {
  readonly #longestMs: number;
  readonly #random: () => number;
  #pauseMs = 0;

  /**
   * @param longestMs The longest pause, in milliseconds; 0 where nobody else can come first.
   * @param random Gives numbers from 0 to 1.
   */
  constructor(longestMs: number, random: () => number) {
    this.#longestMs = longestMs;
    this.#random = random;
  }

  /** How long to wait now, in milliseconds. */
  pauseMs(): number {
    return this.#pauseMs * this.#random();
  }

  /**
   * Takes note of how it went.
   *
   * @param isFirst Whether there was something left.
   */
  note(isFirst: boolean): void {
    this.#pauseMs = isFirst
      ? Math.floor(this.#pauseMs / 2)
      : Math.min(this.#longestMs, 2 * this.#pauseMs + limits.takeSpreadStepMs);
  }
}
