/**
 * The sending end of a stream: items leave as fast as the reader grants them and the connection takes
 * them.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { turnIfDue } from "../../base/turn.ts";
import { type Line, lineBytes } from "../../protocol/line.ts";
import type { StreamCredit } from "./item_stream.ts";

/** Takes the lines of items, and says when their reader has fallen behind. */
export interface ItemSink {
  /** Whether nothing reaches the reader any more. */
  readonly isClosed: boolean;
  /** Whether so much waits for the reader that streams should pause. */
  readonly isFull: boolean;
  /** Resolves once the sink is not full, or nobody reads it any more. */
  drained(): Promise<void>;
  /** Says why a line cannot be taken; `undefined` where it fits. */
  refusal(line: Line): DariError | undefined;
  /** Takes a line, also one that does not fit. */
  push(line: Line): void;
}

/** Items that their reader has to answer: they end once it can say nothing more. */
export interface AnsweredItems {
  /** The reader has ended its input. */
  inputEnded(): void;
}

/** What one stream sends. */
export interface PumpSource {
  /** The items. The pump ends them. */
  readonly items: AsyncIterator<unknown> & Partial<AnsweredItems>;
  /** Makes the message of an item; throws where it cannot be sent. */
  lineOf(item: unknown): Line | Promise<Line>;
  /** Told of the bytes of each item's message, where somebody counts them. */
  readonly sent?: ((bytes: number) => void) | undefined;
}

/** Whether a reader may grant so much: a number above 0. */
export function isGrant(value: unknown): value is number {
  return typeof value === "number" && value > 0;
}

/** Sends the items of one stream. */
export class ItemPump {
  readonly #source: PumpSource;
  readonly #sink: ItemSink;
  /** What may still be sent. */
  #items: number;
  #bytes: number;
  /** Whether bytes are counted, because they are granted or somebody wants to know. */
  readonly #countsBytes: boolean;
  /** Whether the reader can grant no more, because it has ended its input. */
  #isCreditFinal = false;
  /** Whether nobody wants items any more, or there are no more. */
  #isEnded = false;
  /** Whether the iterator makes an item. */
  #isPulling = false;
  #wake: (() => void) | undefined;

  /**
   * @param source The items.
   * @param sink Takes their messages.
   * @param credit What may be sent at first.
   */
  constructor(source: PumpSource, sink: ItemSink, credit: StreamCredit) {
    this.#source = source;
    this.#sink = sink;
    this.#items = credit.items;
    this.#bytes = credit.bytes;
    this.#countsBytes = credit.bytes !== Infinity || source.sent !== undefined;
  }

  /** The reader lets more be sent. */
  grant(items: number, bytes: number): void {
    this.#items += items;
    this.#bytes += bytes;
    this.#wake?.();
  }

  /** The reader can grant no more. */
  inputEnded(): void {
    this.#isCreditFinal = true;
    this.#source.items.inputEnded?.();
    this.#wake?.();
  }

  /** Nobody wants items any more: ends the iterator, unless it has ended. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#stop();
    this.#wake?.();
  }

  /**
   * Sends the items. Called once.
   *
   * @returns What the iterator returned, once it has ended; `undefined` after `end`, as soon as the
   * iterator has given its last item.
   * @throws What the iterator threw, or why an item could not be sent.
   */
  async run(): Promise<unknown> {
    try {
      return await this.#run();
    } catch (error) {
      this.end();
      throw error;
    }
  }

  async #run(): Promise<unknown> {
    const { items } = this.#source;
    const sink = this.#sink;
    while (!this.#isEnded) {
      if (this.#items < 1 || this.#bytes <= 0) await this.#untilCredit();
      if (this.#isEnded) break;
      this.#isPulling = true;
      const { done, value } = await items.next();
      this.#isPulling = false;
      if (this.#isEnded) {
        if (isGenerator(items)) this.#stop();
        break;
      }
      if (done) {
        this.#isEnded = true;
        return value;
      }
      const made = this.#source.lineOf(value);
      const line = made instanceof Promise ? await made : made;
      if (this.#isEnded) break;
      this.#send(line);
      if (sink.isFull) await sink.drained();
      // A producer that never waits, before a sink that always takes, would keep the thread.
      const due = turnIfDue();
      if (due !== undefined) await due;
    }
    return undefined;
  }

  #send(line: Line): void {
    const refusal = this.#sink.isClosed ? readerGone() : this.#sink.refusal(line);
    if (refusal !== undefined) throw refusal;
    this.#items--;
    if (this.#countsBytes) {
      const bytes = lineBytes(line);
      this.#bytes -= bytes;
      this.#source.sent?.(bytes);
    }
    this.#sink.push(line);
  }

  /** Waits until an item may be sent, or the stream has ended. */
  async #untilCredit(): Promise<void> {
    while ((this.#items < 1 || this.#bytes <= 0) && !this.#isEnded) {
      if (this.#isCreditFinal) throw noMoreCredit();
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Ends the iterator. Not awaited: one that waits for ever must not keep its reader waiting. */
  #stop(): void {
    // A generator at work would end only then anyway, and V8 forgets whose work its `finally` is.
    if (this.#isPulling && isGenerator(this.#source.items)) return;
    try {
      Promise.resolve(this.#source.items.return?.(undefined)).catch(() => {});
    } catch {
      // An iterator that cannot even be told is left alone.
    }
  }
}

function isGenerator(items: AsyncIterator<unknown>): boolean {
  return Object.prototype.toString.call(items) === "[object AsyncGenerator]";
}

function readerGone(): DariError {
  return new DariError("unavailable", "Nobody reads the stream any more");
}

function noMoreCredit(): DariError {
  return new DariError(
    "cancelled",
    "The stream ended because its caller ended its input, and so can grant no more items",
  );
}
