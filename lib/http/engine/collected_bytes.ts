/**
 * A body that comes in pieces, put together.
 *
 * @module
 */

/**
 * Puts pieces together as they come. It keeps none of them beside the first: pieces of a byte each would
 * take a hundred times the memory of the body.
 */
export class CollectedBytes {
  #memory: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #length = 0;

  /** How many bytes have come. */
  get length(): number {
    return this.#length;
  }

  /**
   * Takes a piece.
   *
   * @param piece The piece, which is not changed any more; the first one is not copied.
   */
  push(piece: Uint8Array<ArrayBuffer>): void {
    const at = this.#length;
    this.#length += piece.length;
    if (at === 0) return void (this.#memory = piece);
    if (this.#length > this.#memory.length) {
      const larger = new Uint8Array(Math.max(this.#length, 2 * this.#memory.length));
      larger.set(this.#memory.subarray(0, at));
      this.#memory = larger;
    }
    this.#memory.set(piece, at);
  }

  /** What has come. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#memory.subarray(0, this.#length);
  }
}
