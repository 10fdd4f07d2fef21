/**
 * How much may wait to be sent: by one connection, and by all connections of a server together.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { excessBytes, type Line } from "../../protocol/line.ts";

const { maxLineBytes: MAX_LINE } = limits;

/** Bytes that are shared, and how many of them are taken. */
export interface TakenBytes {
  /** The most bytes that may be taken. */
  readonly maxBytes: number;
  /** The bytes that are taken. */
  readonly used: number;
  /** Takes bytes, or gives back as many as a negative number says. */
  take(bytes: number): void;
}

/**
 * Bytes that all connections of a server share. A connection takes from it what it owes beyond its
 * own free share, so that peers that do not read cannot keep small replies from others.
 */
export class SharedBytes implements TakenBytes {
  /** The most bytes that may be taken. */
  readonly maxBytes: number;
  #used = 0;

  /** @param maxBytes The most bytes that may be taken. */
  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  get used(): number {
    return this.#used;
  }

  take(bytes: number): void {
    this.#used += bytes;
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
 * What one connection owes its peer in replies, items and notifications. Text is counted by its
 * length, which in ASCII is its bytes: counting them exactly would read every reply twice.
 *
 * Invariant: of the shared bytes the connection has taken what it owes beyond its free share.
 */
export class ReplyBudget {
  readonly #bounds: ReplyBounds;
  /** The server's; other connections take from it too. */
  readonly #shared: TakenBytes;
  /** Whether nobody signed the connection in: strangers may take a part of the shared bytes alone. */
  isStranger = false;
  /** What is taken from the shared bytes. */
  #taken = 0;

  /**
   * @param bounds The bounds of the connection.
   * @param shared The bytes that it shares with other connections.
   */
  constructor(bounds: ReplyBounds, shared: TakenBytes) {
    this.#bounds = bounds;
    this.#shared = shared;
  }

  /**
   * Says why a text cannot be owed as well.
   *
   * @param owed What is owed already.
   * @param length Its length.
   * @returns `resource_exhausted` with both sizes, or `undefined` where it fits.
   */
  refusal(owed: number, length: number): DariError | undefined {
    const { freeBytes, maxBytes } = this.#bounds;
    const after = owed + length;
    if (after <= freeBytes) return undefined;
    if (after > maxBytes) return tooMuch(length, owed, maxBytes, "this connection");
    const { used, maxBytes: sharedBytes } = this.#shared;
    const maxShared = this.isStranger ? sharedBytes * limits.strangerReplyShare : sharedBytes;
    const more = after - Math.max(owed, freeBytes);
    return used + more > maxShared
      ? tooMuch(length, used, maxShared, "all connections")
      : undefined;
  }

  /**
   * Takes from the shared bytes, or gives back, what has changed.
   *
   * @param owed What is owed now; it may be more than fits.
   */
  settle(owed: number): void {
    const due = Math.max(0, owed - this.#bounds.freeBytes);
    if (due === this.#taken) return;
    this.#shared.take(due - this.#taken);
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

/**
 * Checks a reply or an item against the longest line, whatever carries it.
 *
 * @param line The reply or item.
 * @returns The error to send in its place, `resource_exhausted`; `undefined` where a line can carry it.
 */
export function lineRefusal(line: Line): DariError | undefined {
  const bytes = excessBytes(line, MAX_LINE);
  if (bytes === undefined) return undefined;
  return new DariError(
    "resource_exhausted",
    `The reply has ${bytes} bytes, and a line may have ${MAX_LINE}; ask for less, or let the ` +
      `method stream`,
    { retryable: false },
  );
}
