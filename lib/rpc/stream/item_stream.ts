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
import { limits } from "../../base/limits.ts";

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

/** How much of a stream may be on its way to a reader that has not asked for it yet. */
export interface StreamCredit {
  /** How many items. */
  readonly items: number;
  /** The bytes of their messages. An item may exceed what is left, and then the next one waits. */
  readonly bytes: number;
}

/** What the reader of a stream can tell its sender. */
export interface ItemSender {
  /**
   * Lets it send more.
   *
   * @param items How many items.
   * @param bytes How many bytes; left out where it does not count them.
   * @param offset In the first grant of a file: the byte to begin at.
   */
  grant(items: number, bytes: number | undefined, offset?: number): void;
  /** Tells it that nobody reads any more. */
  cancel(): void;
}

/** How a stream ended: with the method's result, or with an error. */
type Outcome = { readonly result: unknown } | { readonly error: unknown };

const DONE: Outcome = Object.freeze({ result: undefined });

/** The items of one stream. */
export class ItemStream<T> implements CallStream<T> {
  /** How much may be on its way to a reader that has not asked for it yet. */
  readonly credit: StreamCredit;
  /** Where grants go. Set when the call is sent; before that nothing is on its way. */
  #sender: ItemSender | undefined;
  /** Items that came and were not read, and the bytes of each: those from `#next` on. */
  #items: T[] = [];
  #sizes: number[] = [];
  #next = 0;
  /** Calls of `next` that wait, oldest first. */
  readonly #readers: PromiseWithResolvers<IteratorResult<T, unknown>>[] = [];
  #grantedItems: number;
  /** `Infinity` while the sender does not count bytes. */
  #grantedBytes: number;
  /** What was read and not granted again. */
  #consumedItems = 0;
  #consumedBytes = 0;
  /** Whether the reader has to begin before anything may come. */
  #isWaitingForReader: boolean;
  /** Set once. */
  #outcome: Outcome | undefined;
  #isOutcomeTold = false;
  #isLeft = false;
  /** The item that came last. */
  #last: T | undefined;
  #received = 0;
  /** Set while the stream is cut: called once when a reader waits, or the stream has ended. */
  #onWanted: (() => void) | undefined;

  /**
   * @param credit How much may be on its way.
   * @param isGranted Whether the sender has the credit already; else the first read grants it.
   */
  constructor(credit: StreamCredit, isGranted = true) {
    this.credit = credit;
    this.#isWaitingForReader = !isGranted;
    this.#grantedItems = isGranted ? credit.items : 0;
    this.#grantedBytes = isGranted ? Infinity : 0;
  }

  /** Whether nothing more will come. */
  get isEnded(): boolean {
    return this.#outcome !== undefined;
  }

  /** Whether this side ended it, and not its sender: by `return`, for instance with its call. */
  get isLeft(): boolean {
    return this.#isLeft;
  }

  /** The item that came last, read or not; `undefined` where none has come. */
  get last(): T | undefined {
    return this.#last;
  }

  /** How many items have come. */
  get received(): number {
    return this.#received;
  }

  /**
   * Waits, while the stream is cut, until its items are read and more are wanted.
   *
   * @returns Once a reader waits, or the stream has ended.
   */
  wanted(): Promise<void> {
    if (this.#outcome !== undefined || this.#readers.length > 0) return Promise.resolve();
    return new Promise((resolve) => this.#onWanted = resolve);
  }

  /** Another sender goes on where the last one was cut; it is granted what the stream was at first. */
  restart(): void {
    this.#grantedItems = this.credit.items;
    this.#grantedBytes = Infinity;
    this.#consumedItems = this.#consumedBytes = 0;
  }

  /** Connects the stream to the sender of its items. */
  attach(sender: ItemSender): void {
    this.#sender = sender;
  }

  /** The sender counts bytes too. Called before anything of the stream is on its way. */
  countBytes(): void {
    this.#grantedBytes = this.credit.bytes;
  }

  /**
   * Takes an item from the wire.
   *
   * @param item The item.
   * @param bytes The length of its message.
   */
  push(item: T, bytes: number): void {
    if (this.#outcome !== undefined) return;
    if (this.#grantedItems-- <= 0 || this.#grantedBytes <= 0) {
      this.fail(
        new DariError("resource_exhausted", "The sender sent more items than were granted"),
      );
      this.#sender?.cancel();
      return;
    }
    this.#grantedBytes -= bytes;
    this.#last = item;
    this.#received++;
    const reader = this.#readers.shift();
    if (reader === undefined) {
      this.#items.push(item);
      this.#sizes.push(bytes);
    } else {
      this.#consume(bytes);
      reader.resolve({ done: false, value: item });
    }
  }

  /** The sender has nothing more; what its iterator returned is what this one returns. */
  finish(result?: unknown): void {
    this.#end({ result });
  }

  /** The stream failed; what came before is still read. */
  fail(error: unknown): void {
    this.#end({ error });
  }

  /**
   * Lets the sender begin, as the first `next` does otherwise.
   *
   * @param offset The byte at which the sender of a file begins.
   */
  begin(offset?: number): void {
    this.#isWaitingForReader = false;
    if (this.#outcome === undefined) this.#grant(this.credit.items, this.credit.bytes, offset);
  }

  next(): Promise<IteratorResult<T, unknown>> {
    if (this.#isWaitingForReader) this.begin();
    if (this.#next < this.#items.length) {
      return Promise.resolve({ done: false, value: this.#take() });
    }
    const reader = Promise.withResolvers<IteratorResult<T, unknown>>();
    if (this.#outcome === undefined) this.#readers.push(reader);
    else this.#tellOutcome(reader);
    if (this.#onWanted !== undefined) this.#tellWanted();
    return reader.promise;
  }

  return(value?: unknown): Promise<IteratorResult<T, unknown>> {
    const isFirst = this.#outcome === undefined;
    if (isFirst) this.#isLeft = true;
    this.#end(DONE);
    this.#isOutcomeTold = true;
    this.#clear();
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
    const bytes = this.#sizes[this.#next] ?? 0;
    const item = this.#items[this.#next] as T;
    this.#items[this.#next++] = undefined as T; // a reader that never catches up must not keep it here
    if (this.#next === this.#items.length) this.#clear();
    else if (this.#next >= limits.streamCredit && 2 * this.#next >= this.#items.length) {
      this.#items.splice(0, this.#next);
      this.#sizes.splice(0, this.#next);
      this.#next = 0;
    }
    this.#consume(bytes);
    return item;
  }

  #clear(): void {
    this.#items = [];
    this.#sizes = [];
    this.#next = 0;
  }

  #end(outcome: Outcome): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    if (this.#onWanted !== undefined) this.#tellWanted();
    for (const reader of this.#readers.splice(0)) this.#tellOutcome(reader);
  }

  #tellWanted(): void {
    this.#onWanted?.();
    this.#onWanted = undefined;
  }

  /** The first reader behind the last item hears how the stream ended; later ones that it did. */
  #tellOutcome(reader: PromiseWithResolvers<IteratorResult<T, unknown>>): void {
    const outcome = this.#isOutcomeTold ? DONE : this.#outcome ?? DONE;
    this.#isOutcomeTold = true;
    if ("error" in outcome) reader.reject(outcome.error);
    else reader.resolve({ done: true, value: outcome.result });
  }

  #consume(bytes: number): void {
    if (this.#outcome !== undefined) return;
    if (this.#grantedBytes !== Infinity) this.#consumedBytes += bytes;
    const isHalfRead = ++this.#consumedItems >= this.credit.items / 2 ||
      this.#consumedBytes >= this.credit.bytes / 2;
    if (!isHalfRead) return;
    this.#grant(this.#consumedItems, this.#consumedBytes);
    this.#consumedItems = this.#consumedBytes = 0;
  }

  #grant(items: number, bytes: number, offset?: number): void {
    this.#grantedItems += items;
    this.#grantedBytes += bytes;
    this.#sender?.grant(items, this.#grantedBytes === Infinity ? undefined : bytes, offset);
  }
}
