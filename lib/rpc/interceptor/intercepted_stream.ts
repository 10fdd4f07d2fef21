/**
 * The stream of a client that has interceptors: it is there at once, and its items when they have let
 * it pass.
 *
 * @module
 */

import type { CallStream } from "../stream/item_stream.ts";
import { endItems, isItems } from "./items_of.ts";

/** A stream whose items come from a promise. */
export class InterceptedStream implements CallStream<unknown> {
  readonly #items: Promise<AsyncIterator<unknown, unknown, undefined>>;
  #isLeft = false;
  /** Resolved by `return`, so that readers who wait are done at once. */
  readonly #left = Promise.withResolvers<IteratorResult<unknown, unknown>>();

  /**
   * @param method The method, for errors.
   * @param given What the interceptors give.
   */
  constructor(method: string, given: Promise<unknown>) {
    this.#items = given.then((items) => {
      if (this.#isLeft) endItems(items);
      return iteratorOf(method, items);
    });
    this.#items.catch(() => {}); // told to whoever reads
  }

  next(): Promise<IteratorResult<unknown, unknown>> {
    if (this.#isLeft) return this.#left.promise;
    return Promise.race([this.#left.promise, this.#items.then((items) => items.next())]);
  }

  return(value?: unknown): Promise<IteratorResult<unknown, unknown>> {
    if (!this.#isLeft) {
      this.#isLeft = true;
      this.#left.resolve({ done: true, value: undefined });
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
