/**
 * Streams that arrive inside values: in the params of a call, in its result, in the items of another
 * stream.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { ItemStream } from "./item_stream.ts";

/** What the reader of a stream tells its sender. */
export interface StreamSender {
  /** More may be sent; the first grant of a file may say at which byte it begins. */
  grant(stream: number, items: number, bytes: number | undefined, offset?: number): void;
  /** Nobody reads any more. */
  stop(stream: number): void;
}

/** The streams that the other side of one connection sends inside values. */
export class IncomingStreams {
  readonly #sender: StreamSender;
  /** Those that have not ended, by the number that the other side gave them. */
  readonly #streams = new Map<number, ItemStream<unknown>>();

  /** @param sender Takes what readers tell the other side. */
  constructor(sender: StreamSender) {
    this.#sender = sender;
  }

  /** How many have not ended. */
  get size(): number {
    return this.#streams.size;
  }

  /**
   * Begins a stream that a message names. Nothing of it comes before its reader begins.
   *
   * @param id The number that the other side gave it.
   * @returns Its items.
   * @throws {DariError} `invalid_params` for a number that is none, or that another stream has;
   * `resource_exhausted` for too many streams.
   */
  open(id: unknown): ItemStream<unknown> {
    if (typeof id !== "number" || !Number.isSafeInteger(id) || id < 0) {
      throw new DariError("invalid_params", "A stream is named by a whole number from 0 on");
    }
    if (this.#streams.has(id)) {
      throw new DariError(
        "invalid_params",
        `Another stream of this connection has the number ${id}`,
      );
    }
    if (this.#streams.size >= limits.maxStreamsAtWork) {
      throw new DariError(
        "resource_exhausted",
        `${limits.maxStreamsAtWork} streams of this connection have not ended`,
      );
    }
    const credit = { items: limits.streamCredit, bytes: limits.streamCreditBytes };
    const stream = new ItemStream<unknown>(credit, false);
    stream.attach({
      grant: (items, bytes, offset) => this.#sender.grant(id, items, bytes, offset),
      cancel: () => {
        if (this.#streams.delete(id)) this.#sender.stop(id);
      },
    });
    this.#streams.set(id, stream);
    return stream;
  }

  /** Whether a stream has not ended. */
  has(id: unknown): boolean {
    return this.#streams.has(id as number);
  }

  /** Takes an item of a stream. One for no stream is ignored: its reader has left. */
  push(id: unknown, item: unknown, bytes: number): void {
    this.#streams.get(id as number)?.push(item, bytes);
  }

  /**
   * Ends a stream.
   *
   * @param id Its number.
   * @param error Why it ended, where it failed.
   * @param sha256 What its sender says is the hash of the whole file, where it was one.
   */
  end(id: unknown, error?: unknown, sha256?: unknown): void {
    const stream = this.#streams.get(id as number);
    if (stream === undefined) return;
    this.#streams.delete(id as number);
    if (error === undefined) stream.finish(sha256);
    else stream.fail(error);
  }

  /** Ends every stream: the connection is gone. */
  endAll(error: () => unknown): void {
    for (const id of [...this.#streams.keys()]) this.end(id, error());
  }
}
