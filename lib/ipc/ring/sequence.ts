/**
 * The sequence numbers of the messages that one reader finds.
 *
 * @module
 */

/** Follows the numbers from the first that it is given: a later reader goes on where one stopped. */
export class Sequence {
  #next: number | undefined;

  /**
   * Takes the number of the next message.
   *
   * @param found Its number, modulo 2^32.
   * @returns Whether it follows the one before.
   */
  take(found: number): boolean {
    const follows = this.#next === undefined || this.#next === found;
    this.#next = (found + 1) | 0;
    return follows;
  }
}
