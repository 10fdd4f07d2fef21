/**
 * A subscription that outlives its calls: each of them ends at its deadline at the latest.
 *
 * @module
 */

import type { SubscribeOptions, TopicFeed, TopicMessage, TopicPlace } from "../topic/operations.ts";

/** Goes on with another call where the server has ended one in order. */
export class LastingFeed implements TopicFeed {
  readonly #open: (from: SubscribeOptions["from"]) => TopicFeed;
  #from: SubscribeOptions["from"];
  #feed: TopicFeed;
  #isLeft = false;

  /**
   * Begins.
   *
   * @param open Makes a call, which begins at a place.
   * @param from Where the first one begins.
   */
  constructor(
    open: (from: SubscribeOptions["from"]) => TopicFeed,
    from: SubscribeOptions["from"],
  ) {
    this.#open = open;
    this.#from = from;
    this.#feed = open(from);
  }

  async next(): Promise<IteratorResult<TopicMessage, TopicPlace | undefined>> {
    for (;;) {
      const feed = this.#feed;
      const result = await feed.next();
      if (!result.done) return result;
      if (this.#isLeft || typeof result.value !== "object" || result.value === null) return result;
      // Another caller may have gone on already.
      if (feed !== this.#feed) continue;
      this.#from = result.value.cursor ?? this.#from;
      this.#feed = this.#open(this.#from);
    }
  }

  async return(): Promise<IteratorResult<TopicMessage, undefined>> {
    this.#isLeft = true;
    await this.#feed.return();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
