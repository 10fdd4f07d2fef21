/**
 * The stream of a client that has interceptors: it is there at once, and its items when they have let
 * it pass.
 *
 * @module
 */

import type { CallStream } from "../stream/item_stream.ts";
import { endItems, isItems } from "./items_of.ts";

const DONE = Object.freeze({ done: true as const, value: undefined });

/** A stream whose items come from a promise. */
export class InterceptedStream implements CallStream<unknown> {
  readonly #items: Promise<AsyncIterator<unknown, unknown, undefined>>;
  /** Calls of `next` that wait. */
  readonly #readers = new Set<PromiseWithResolvers<IteratorResult<unknown, unknown>>>();
  #isLeft = false;

  /**
   * @param method The method, for errors.
   * @param given What the interceptors give.
   */
  constructor(method: string, given: Promise<unknown>) {
    this.#items = given.then((items) => {
      if (this.#isLeft) endItems(items);
      return iteratorOf(method, items);
    });
    this.#items.catch(() => {}); // the reader is told
  }

  next(): Promise<IteratorResult<unknown, unknown>> {
    if (this.#isLeft) return Promise.resolve(DONE);
    const reader = Promise.withResolvers<IteratorResult<unknown, unknown>>();
    this.#readers.add(reader);
    this.#items.then((items) => items.next()).then(reader.resolve, reader.reject)
      .finally(() => this.#readers.delete(reader));
    return reader.promise;
  }

  return(value?: unknown): Promise<IteratorResult<unknown, unknown>> {
    if (!this.#isLeft) {
      this.#isLeft = true;
      for (const reader of this.#readers) reader.resolve(DONE);
      this.#items.then((items) => items.return?.()).catch(() => {}); // nobody reads any more
    }
    return Promise.resolve({ done: true, value });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}

/** Items of an async iterable, or of a plain one: an interceptor may answer from what it has. */
function iteratorOf(method: string, items: unknown): AsyncIterator<unknown, unknown, undefined> {
  if (isItems(items)) {
    return items[Symbol.asyncIterator]() as AsyncIterator<unknown, unknown, undefined>;
  }
  if (typeof items !== "object" || items === null || !(Symbol.iterator in items)) {
    throw new TypeError(
      `An interceptor gave ${typeof items} for the stream of "${method}"; give its items`,
    );
  }
  return each(items as Iterable<unknown>);
}

async function* each(items: Iterable<unknown>): AsyncGenerator<unknown, unknown, undefined> {
  yield* items;
  return undefined;
}
