/**
 * The receiving end of a stream: items wait here for their reader, who grants the sender more only
 * as fast as it reads.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";

/** The items of one streaming call. */
export class ItemStream<T> implements AsyncIterableIterator<T> {
  readonly #credit: number;
  readonly #grant: (items: number) => void;
  readonly #cancel: () => void;
  #items: T[] = [];
  #next = 0;
  #granted: number;
  #consumed = 0;
  #end: { error?: unknown; result?: unknown } | undefined;
  #wake: (() => void) | undefined;

  /**
   * @param credit How many items may be on their way.
   * @param grant Tells the sender that it may send more.
   * @param cancel Tells the sender that nobody reads any more.
   */
  constructor(credit: number, grant: (items: number) => void, cancel: () => void) {
    this.#credit = credit;
    this.#granted = credit;
    this.#grant = grant;
    this.#cancel = cancel;
  }

  /** Takes an item from the wire. */
  push(item: T): void {
    if (this.#end !== undefined) return;
    if (this.#granted-- <= 0) {
      this.fail(
        new DariError("resource_exhausted", "The sender sent more items than were granted"),
      );
      this.#cancel();
      return;
    }
    this.#items.push(item);
    this.#wake?.();
  }

  /** The call ended well; its result is what the iterator returns. */
  finish(result?: unknown): void {
    this.#end ??= { result };
    this.#wake?.();
  }

  /** The call failed; what came before is still read. */
  fail(error: unknown): void {
    this.#end ??= { error };
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<T>> {
    while (this.#next === this.#items.length) {
      if (this.#end !== undefined) {
        if ("error" in this.#end) {
          const { error } = this.#end;
          this.#end = {};
          throw error;
        }
        return { done: true, value: this.#end.result };
      }
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const value = this.#items[this.#next++] as T;
    if (this.#next === this.#items.length) {
      this.#items = [];
      this.#next = 0;
    }
    this.#consume();
    return { done: false, value };
  }

  return(): Promise<IteratorResult<T>> {
    if (this.#end === undefined) {
      this.#end = {};
      this.#cancel();
    }
    this.#items = [];
    this.#next = 0;
    this.#wake?.();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Ends the stream and tells the sender. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #consume(): void {
    if (this.#end !== undefined || ++this.#consumed < this.#credit / 2) return;
    this.#granted += this.#consumed;
    this.#grant(this.#consumed);
    this.#consumed = 0;
  }
}
