/**
 * What serving a call needs of whatever carries it: a connection of lines, an HTTPS request, a
 * message of a queue.
 *
 * @module
 */

import type { DariError } from "../../base/errors.ts";
import type { Line } from "../../protocol/line.ts";
import type { Meta } from "../../protocol/message.ts";
import type { Peer } from "../../transport/connection.ts";
import type { Publishing } from "../method/publishing.ts";
import type { PeerValues } from "../peer/peer_values.ts";

/** Takes replies: a connection, or a batch that gathers them. */
export interface Replies {
  /** Whether replies may carry raw bytes; those of a batch may not. */
  readonly takesBytes: boolean;
  /**
   * Says why a reply cannot be taken. Whoever made it sends a short error instead.
   *
   * @param reply The reply.
   * @returns `resource_exhausted` with the sizes, or `undefined` where the reply fits.
   */
  refusal(reply: Line): DariError | undefined;
  /**
   * Takes one reply, also one that does not fit.
   *
   * @param reply The reply.
   */
  push(reply: Line): void;
}

/** Takes replies and the items of streams, and says when its reader has fallen behind. */
export interface ReplySink extends Replies {
  /** Whether nothing reaches the reader any more. */
  readonly isClosed: boolean;
  /** Whether so much waits for the reader that streams should pause. */
  readonly isFull: boolean;
  /** Resolves once the sink is not full, or nobody reads it any more. */
  drained(): Promise<void>;
}

/** Takes the line of a batch, and counts its replies while they are gathered. */
export interface BatchSink extends Replies {
  /** Counts characters that are kept until they are pushed. */
  reserve(length: number): void;
  /** Ends what `reserve` began. */
  unreserve(length: number): void;
}

/** Reaches the program that made a call. */
export interface CallerBack {
  /**
   * Sends the caller a notification. A host without a way back throws `failed_precondition`, and one
   * whose caller does not read throws `resource_exhausted`.
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
   * @param options Cancellation, the longest wait in milliseconds, and the trace.
   * @returns Its result.
   */
  call(
    method: string,
    params: unknown,
    options: {
      readonly signal: AbortSignal;
      readonly timeoutMs: number;
      readonly meta?: Pick<Meta, "traceparent" | "tracestate">;
    },
  ): Promise<unknown>;
}

/** How the values of calls travel to a caller and from it. A connection's are its `PeerValues`. */
export type CallValues = Pick<PeerValues, "revive" | "textOfHole" | "lineOf">;

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
  readonly back: CallerBack;
  /** How values travel to the caller and from it; absent where only plain JSON does. */
  readonly values?: CallValues | undefined;
  /** Publishes what handlers publish; absent where the server has no topics. */
  readonly publishing?: Publishing | undefined;
}

/** The stream of a call, as far as its call tells it what happens. */
export interface CallStreaming {
  /** The caller grants more items. */
  grant(items: number, bytes: number): void;
  /** The caller can grant no more. */
  inputEnded(): void;
  /** The call ended before its stream did. */
  callEnded(): void;
}
