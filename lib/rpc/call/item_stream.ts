/**
 * The receiving end of a stream: items wait here for their reader, who grants the sender more only
 * as fast as it reads. It exists before its call is sent, so that a reader can wait, and leave, while
 * the client still connects.
 *
 * Invariant: items and readers never wait at the same time, and no reader waits once the stream has
 * ended. Until then `#granted` (what the sender may still send), `#consumed` and the items that wait
 * add up to the credit.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";

/**
 * The items of a call that streams. `next` gives them in order; after the last one it gives what the
 * method returned, and then `undefined`. `return` ends the stream at once, also while `next` waits,
 * and tells the server to stop.
 */
export interface CallStream<T> extends AsyncIterableIterator<T, unknown, undefined> {
  /** Ends the stream at once. Calls of `next` that wait are done. */
  return(value?: unknown): Promise<IteratorResult<T, unknown>>;
  /** The stream itself. */
  [Symbol.asyncIterator](): this;
  /** Ends the stream as `return` does. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What the reader of a stream can tell its sender. */
export interface ItemSender {
  /** Lets it send more items. */
  grant(items: number): void;
  /** Tells it that nobody reads any more. */
  cancel(): void;
}

/** How a stream ended: with the method's result, or with an error. */
type Outcome = { readonly result: unknown } | { readonly error: unknown };

const DONE: Outcome = Object.freeze({ result: undefined });

/** The items of one streaming call. */
export class ItemStream<T> implements CallStream<T> {
  /** How many items may be on their way to a reader that has not asked for them yet. */
  readonly credit: number;
  /** Where grants go. Set when the call is sent; before that nothing is on its way. */
  #sender: ItemSender | undefined;
  /** Items that came and were not read: those from `#next` on. */
  #items: T[] = [];
  #next = 0;
  /** Calls of `next` that wait, oldest first. */
  readonly #readers: PromiseWithResolvers<IteratorResult<T, unknown>>[] = [];
  #granted: number;
  /** Items that were read and not granted again. */
  #consumed = 0;
  /** Set once. */
  #outcome: Outcome | undefined;
  #isOutcomeTold = false;

  /** @param credit How many items may be on their way. */
  constructor(credit: number) {
    this.credit = credit;
    this.#granted = credit;
  }

  /** Whether nothing more will come. */
  get isEnded(): boolean {
    return this.#outcome !== undefined;
  }

  /** Connects the stream to whoever sends its items, or will. */
  attach(sender: ItemSender): void {
    this.#sender = sender;
  }

  /** Takes an item from the wire. */
  push(item: T): void {
    if (this.#outcome !== undefined) return;
    if (this.#granted-- <= 0) {
      this.fail(
        new DariError("resource_exhausted", "The sender sent more items than were granted"),
      );
      this.#sender?.cancel();
      return;
    }
    const reader = this.#readers.shift();
    if (reader === undefined) {
      this.#items.push(item);
    } else {
      this.#consume();
      reader.resolve({ done: false, value: item });
    }
  }

  /** The call succeeded; its result is what the iterator returns. */
  finish(result?: unknown): void {
    this.#end({ result });
  }

  /** The call failed; what came before is still read. */
  fail(error: unknown): void {
    this.#end({ error });
  }

  next(): Promise<IteratorResult<T, unknown>> {
    if (this.#next < this.#items.length) {
      return Promise.resolve({ done: false, value: this.#take() });
    }
    const reader = Promise.withResolvers<IteratorResult<T, unknown>>();
    if (this.#outcome === undefined) this.#readers.push(reader);
    else this.#tellOutcome(reader);
    return reader.promise;
  }

  return(value?: unknown): Promise<IteratorResult<T, unknown>> {
    const isFirst = this.#outcome === undefined;
    this.#end(DONE);
    this.#isOutcomeTold = true;
    this.#items = [];
    this.#next = 0;
    if (isFirst) this.#sender?.cancel();
    return Promise.resolve({ done: true, value });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #take(): T {
    const item = this.#items[this.#next++] as T;
    if (this.#next === this.#items.length) {
      this.#items = [];
      this.#next = 0;
    }
    this.#consume();
    return item;
  }

  #end(outcome: Outcome): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    for (const reader of this.#readers.splice(0)) this.#tellOutcome(reader);
  }

  /** The first reader behind the last item hears how the stream ended; later ones that it did. */
  #tellOutcome(reader: PromiseWithResolvers<IteratorResult<T, unknown>>): void {
    const outcome = this.#isOutcomeTold ? DONE : this.#outcome ?? DONE;
    this.#isOutcomeTold = true;
    if ("error" in outcome) reader.reject(outcome.error);
    else reader.resolve({ done: true, value: outcome.result });
  }

  #consume(): void {
    if (this.#outcome !== undefined || ++this.#consumed < this.credit / 2) return;
    this.#granted += this.#consumed;
    this.#sender?.grant(this.#consumed);
    this.#consumed = 0;
  }
}
