/**
 * What serving a call needs of whatever carries it: a connection of lines, an HTTPS request, a
 * message of a queue.
 *
 * @module
 */

import type { Peer } from "../../transport/connection.ts";

/** Takes the text of replies: a connection, or a batch that gathers them. */
export interface Replies {
  /**
   * Takes one reply.
   *
   * @param reply Its text, without LF.
   */
  push(reply: string): void;
}

/** Takes replies and the items of streams, and says when its reader has fallen behind. */
export interface ReplySink extends Replies {
  /** Whether so much waits for the reader that streams should pause. */
  readonly isFull: boolean;
  /** Resolves once the sink is not full, or nobody reads it any more. */
  drained(): Promise<void>;
}

/** Reaches the program that made a call. */
export interface CallerBack {
  /**
   * Sends the caller a notification. A host without a way back throws `failed_precondition`.
   *
   * @param method Its method.
   * @param params Its params.
   */
  notify(method: string, params: unknown): void;
  /**
   * Calls a method that the caller offers. A host without a way back rejects with
   * `failed_precondition`.
   *
   * @param method Its name.
   * @param params Its params.
   * @param options Cancellation, and the longest wait in milliseconds.
   * @returns Its result.
   */
  call(
    method: string,
    params: unknown,
    options: { readonly signal: AbortSignal; readonly timeoutMs: number },
  ): Promise<unknown>;
}

/** Where a call came from, the time, and the way back to the caller. */
export interface CallHost {
  /** Names the connection or the request, for logs. */
  readonly id: string;
  /** The other end. */
  readonly peer: Peer;
  /** The clock of deadlines and durations, in milliseconds. */
  monotonic(): number;
  /** The time, in milliseconds since the epoch. */
  now(): number;
  /** The way back to the caller. */
  readonly caller: CallerBack;
}
