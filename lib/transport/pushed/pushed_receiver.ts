/**
 * The receiving side of a connection whose socket pushes what it reads.
 *
 * @module
 */

import { TransportError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { broken } from "../connection_error.ts";
import type { Peer } from "../connection.ts";

/** Takes what comes at once, and gives whether it takes the next as well; see `Connection.receive`. */
export type TakePiece = (piece: string | Uint8Array) => boolean;

/**
 * Holds the `receive` that waits, and how receiving ended.
 *
 * Invariants: `isOver` never becomes false again, `over` resolves with it, and no `receive` waits behind
 * it. The first reason of a break is the one that is told.
 */
export class PushedReceiver {
  readonly #peer: Peer;
  /** Settled by the next piece or the end. */
  #waiting: PromiseWithResolvers<string | Uint8Array | null> | undefined;
  /** Takes pieces for it, as they come. */
  #take: TakePiece | undefined;
  readonly #over = Promise.withResolvers<void>();
  #isOver = false;
  #error: Error | undefined;
  /** Whether this side has closed the connection: then its end is no error. */
  isClosed = false;

  /** @param peer The other end, which errors name. */
  constructor(peer: Peer) {
    this.#peer = peer;
  }

  /** Whether a `receive` waits. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  /** Whether nothing more will be received. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves when nothing more will be received. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** Says why nothing can be sent any more. */
  broken(): TransportError {
    return broken(this.#peer, this.#error);
  }

  /**
   * Waits for what {@linkcode give} is given next; once receiving is over, this is the end.
   *
   * @param take Takes what is given, as that of a connection's `receive`.
   */
  wait(take?: TakePiece): Promise<string | Uint8Array | null> {
    if (this.#isOver) return this.#last();
    this.#take = take;
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  /** Hands a piece to the `receive` that waits. */
  give(piece: string | Uint8Array): void {
    const take = piece.length <= limits.maxTakenAtOnceLength ? this.#take : undefined;
    if (take !== undefined && this.isWaiting && take(piece)) return;
    this.#waiting?.resolve(take === undefined ? piece : "");
    this.#waiting = undefined;
  }

  /**
   * Ends receiving.
   *
   * @param error Why the connection broke; nothing where it ended in order.
   */
  end(error?: Error): void {
    this.#error ??= error;
    if (this.#isOver) return;
    this.#isOver = true;
    this.#over.resolve();
    this.#waiting?.resolve(this.#last());
    this.#waiting = undefined;
  }

  #last(): Promise<null> {
    if (this.#error === undefined || this.isClosed) return Promise.resolve(null);
    return Promise.reject(this.broken());
  }
}

/**
 * Checks how much was pushed that no `receive` has asked for.
 *
 * @param unreadBytes How much it is.
 * @param maxLineBytes The longest line that the connection takes, in bytes.
 * @returns The error that ends the connection, `resource_exhausted`, where it is too much.
 */
export function checkUnread(unreadBytes: number, maxLineBytes: number): TransportError | undefined {
  const most = maxLineBytes + limits.maxUnreadBytesBeyondLine;
  if (unreadBytes <= most) return undefined;
  return exhausted(`The other side sent more than ${most} bytes before they were asked for`);
}

/**
 * Says that a connection was cut because it took too much.
 *
 * @param message What it took.
 * @returns The error, `resource_exhausted`; another try would end as this one.
 */
export function exhausted(message: string): TransportError {
  return new TransportError("resource_exhausted", message, { retryable: false });
}
