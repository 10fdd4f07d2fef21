/**
 * The streams of one connection: those that are open, and what is known of those that are over.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9113#section-5.1 | RFC 9113}, section 5.1
 * @module
 */

import { limits } from "../../base/limits.ts";
import { CODE, ConnectionFault } from "./frames/frame.ts";
import type { Http2Stream } from "./stream.ts";

/** Streams by their numbers. A client's are odd, and each is larger than those before it. */
export class Streams {
  readonly #open = new Map<number, Http2Stream>();
  /** The last ones that this side has reset: what is under way to them is no fault. */
  readonly #reset = new Set<number>();
  #lastId = 0;

  /** The largest number that the client has used; 0 before the first. */
  get lastId(): number {
    return this.#lastId;
  }

  /** How many are open. */
  get size(): number {
    return this.#open.size;
  }

  /** Those that are open, as they are now. */
  get open(): Http2Stream[] {
    return [...this.#open.values()];
  }

  /**
   * Finds an open stream.
   *
   * @param id Its number.
   */
  get(id: number): Http2Stream | undefined {
    return this.#open.get(id);
  }

  /**
   * Uses a number, which is larger than all before.
   *
   * @param id The number.
   * @throws {ConnectionFault} For one that is no client's.
   */
  use(id: number): void {
    if (id % 2 === 0) throw new ConnectionFault(CODE.protocolError, "A client's streams are odd");
    this.#lastId = id;
  }

  /**
   * Adds a stream.
   *
   * @param stream The stream.
   */
  add(stream: Http2Stream): void {
    this.#open.set(stream.id, stream);
  }

  /**
   * Forgets a stream that is over.
   *
   * @param id Its number.
   */
  delete(id: number): void {
    this.#open.delete(id);
  }

  /**
   * Remembers that this side has reset a stream.
   *
   * @param id Its number.
   */
  wasReset(id: number): void {
    this.#reset.add(id);
    if (this.#reset.size <= limits.maxHttp2Streams) return;
    for (const oldest of this.#reset) return void this.#reset.delete(oldest);
  }

  /**
   * Says whether this side has reset a stream a short while ago.
   *
   * @param id Its number.
   */
  isReset(id: number): boolean {
    return this.#reset.has(id);
  }

  /**
   * Refuses a frame for a stream that has not begun.
   *
   * @param id Its number.
   * @throws {ConnectionFault} When it has not.
   */
  needsBegun(id: number): void {
    if (id <= this.#lastId && id % 2 === 1) return;
    throw new ConnectionFault(CODE.protocolError, "A frame is for a stream that has not begun");
  }
}
