/**
 * How much a client may send before what it sent is taken.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9113#section-5.2 | RFC 9113}, section 5.2
 * @module
 */

/** The window of a connection, or of one stream. */
export class ReceiveWindow {
  readonly #size: number;
  /** What the client may still send. */
  #left: number;
  /** What was taken and the client has not been told of. */
  #taken = 0;

  /** @param size What may wait at once, in bytes. */
  constructor(size: number) {
    this.#size = size;
    this.#left = size;
  }

  /**
   * Counts what came.
   *
   * @param bytes How much.
   * @returns Whether the client was allowed to send it.
   */
  receive(bytes: number): boolean {
    this.#left -= bytes;
    return this.#left >= 0;
  }

  /**
   * Counts what was taken. The client is told once that is half of the window.
   *
   * @param bytes How much.
   * @returns How much more it is to be allowed now; mostly 0.
   */
  take(bytes: number): number {
    this.#taken += bytes;
    if (this.#taken < this.#size / 2) return 0;
    const more = this.#taken;
    this.#taken = 0;
    this.#left += more;
    return more;
  }
}
