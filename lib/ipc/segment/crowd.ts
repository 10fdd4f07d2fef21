/**
 * Whether many connections send to a thread by turns.
 *
 * Looking saves being woken. Where several connections send at the same time, the thread is woken once
 * for all of them, and the socket's reads and writes cost less than those of a ring, whose code has to
 * be compiled first.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";

/** What the connections of one thread have read. */
export class Crowd {
  #reads = 0;
  /** Reads that came after those of several others, less the rest of them. */
  #score = 0;
  #isThere = false;

  /** Whether most of what was read lately came from many connections by turns. */
  get isThere(): boolean {
    return this.#isThere;
  }

  /**
   * A connection has read something.
   *
   * @param last What this returned for its last read; 0 before the first.
   * @returns Its place among all reads.
   */
  read(last: number): number {
    const place = ++this.#reads;
    if (place - last > limits.maxLookoutConnections) this.#more();
    else this.#fewer();
    return place;
  }

  #more(): void {
    if (this.#score === limits.readsOfCrowd) this.#isThere = true;
    else this.#score++;
  }

  #fewer(): void {
    if (this.#score === 0) this.#isThere = false;
    else this.#score--;
  }
}
