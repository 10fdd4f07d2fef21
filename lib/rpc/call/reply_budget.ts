/**
 * How much may wait to be sent: by one connection, and by all connections of a server together.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";

/**
 * Bytes that all connections of a server share. A connection takes from it what it owes beyond its
 * own free share, so that peers that do not read cannot keep small replies from others.
 */
export class SharedBytes {
  /** The most bytes that may be taken. */
  readonly maxBytes: number;
  /** The bytes that are taken. */
  used = 0;

  /** @param maxBytes The most bytes that may be taken. */
  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }
}

/** The bounds on what one connection may owe, in bytes. */
export interface ReplyBounds {
  /** What it may owe whatever other connections owe. */
  readonly freeBytes: number;
  /** The most that it may owe. */
  readonly maxBytes: number;
}

/**
 * Counts the replies, items and notifications that one connection owes its peer. Text is counted by
 * its length, which in ASCII is its bytes: counting them exactly would read every reply twice.
 *
 * Invariant: the shared bytes hold what is owed beyond the free share, and nothing once it is closed.
 */
export class ReplyBudget {
  readonly #bounds: ReplyBounds;
  /** The server's; other connections take from it too. */
  readonly #shared: SharedBytes;
  #owed = 0;
  /** What is taken from the shared bytes. */
  #taken = 0;
  #isClosed = false;

  /**
   * @param bounds The bounds of the connection.
   * @param shared The bytes that it shares with other connections.
   */
  constructor(bounds: ReplyBounds, shared: SharedBytes) {
    this.#bounds = bounds;
    this.#shared = shared;
  }

  /** What is owed, in bytes. */
  get owed(): number {
    return this.#owed;
  }

  /**
   * Says why a text cannot be owed as well.
   *
   * @param length Its length.
   * @returns `resource_exhausted` with both sizes, or `undefined` where it fits.
   */
  refusal(length: number): DariError | undefined {
    const { freeBytes, maxBytes } = this.#bounds;
    const after = this.#owed + length;
    if (after <= freeBytes) return undefined;
    if (after > maxBytes) return tooMuch(length, this.#owed, maxBytes, "this connection");
    const { used, maxBytes: maxShared } = this.#shared;
    const more = after - Math.max(this.#owed, freeBytes);
    return used + more > maxShared
      ? tooMuch(length, used, maxShared, "all connections")
      : undefined;
  }

  /** Counts a text as owed, also one that does not fit. */
  add(length: number): void {
    this.#owed += length;
    if (this.#owed > this.#bounds.freeBytes) this.#settle();
  }

  /** Counts a text as sent. */
  remove(length: number): void {
    this.#owed -= length;
    if (this.#taken > 0) this.#settle();
  }

  /** Gives everything back. */
  close(): void {
    this.#isClosed = true;
    this.#owed = 0;
    this.#settle();
  }

  #settle(): void {
    const due = this.#isClosed ? 0 : Math.max(0, this.#owed - this.#bounds.freeBytes);
    this.#shared.used += due - this.#taken;
    this.#taken = due;
  }
}

function tooMuch(length: number, waiting: number, max: number, whose: string): DariError {
  return new DariError(
    "resource_exhausted",
    `The reply has ${length} bytes, and ${waiting} bytes of replies wait on ${whose} already, ` +
      `of at most ${max}; read them, then call again`,
  );
}
