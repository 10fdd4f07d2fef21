/**
 * What is needed of a log that all servers share.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";

/** A message of the log. */
export interface LogMessage {
  /** Its number: each is greater than those before it; numbers may be left out. */
  readonly sequence: number;
  /** When the log got it, in milliseconds since the epoch. */
  readonly atMs: number;
  /** Its bytes. */
  readonly data: Uint8Array;
}

/** Where a message belongs: what servers follow, a mark among that, or a piece of a snapshot. */
export type LogPlace = "live" | "mark" | { readonly snapshot: number };

/** A log that keeps messages in one order for all. What was appended is durable once it is read. */
export interface SharedLog {
  /** The most bytes of one message. */
  readonly maxMessageBytes: number;
  /**
   * Appends a message; those of one program are kept in the order in which they are appended.
   *
   * @param place Where it belongs.
   * @param data Its bytes.
   * @returns Resolves once it is in the log.
   * @throws {NotAppended} When it is not and never will be.
   * @throws {DariError} `unavailable` when that is not known.
   */
  append(place: LogPlace, data: Uint8Array): Promise<void>;
  /**
   * Follows the messages of `live` and `mark`, in their order.
   *
   * @param after The last message that is known.
   * @param listener Takes each message; the log waits for it where it sends faster.
   * @returns Ends that when disposed.
   */
  follow(after: number, listener: (message: LogMessage) => void | Promise<void>): Disposable;
  /**
   * Reads what is in one place, in its order.
   *
   * @param place The place.
   * @throws {DariError} `unavailable` when the log cannot be read.
   */
  read(place: Exclude<LogPlace, "live">): AsyncIterable<LogMessage>;
  /**
   * The numbers of the oldest message that is there and of the newest one that ever was, wherever they
   * belong.
   *
   * @throws {DariError} `unavailable` when the log cannot be asked.
   */
  ends(): Promise<{ readonly first: number; readonly last: number }>;
  /**
   * Whether a message that was delivered is what a majority has under its number, or had before it was
   * removed.
   *
   * @param message The message.
   * @throws {DariError} `unavailable` when the log cannot be asked.
   */
  has(message: LogMessage): Promise<boolean>;
  /**
   * Whether a majority has nothing between two messages but pieces of snapshots, or had nothing else
   * before it was removed.
   *
   * @param after The number of the first message.
   * @param before That of the second one.
   * @throws {DariError} `unavailable` when the log cannot be asked.
   */
  hasOnlyPieces(after: number, before: number): Promise<boolean>;
  /**
   * Removes messages.
   *
   * @param upTo The last of them.
   */
  remove(upTo: number): Promise<void>;
}

/** A message is not in the log, and never will be. */
export class NotAppended extends DariError {
  /**
   * Makes the error.
   *
   * @param reason Why the log did not take it.
   */
  constructor(reason: string) {
    super("unavailable", `The cluster takes nothing now: ${reason}; try again`);
  }
}
