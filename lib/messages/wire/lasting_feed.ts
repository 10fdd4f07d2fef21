/**
 * A subscription that outlives its calls: each of them ends at its deadline at the latest.
 *
 * @module
 */

import { TransportError } from "../../base/errors.ts";
import type { SubscribeOptions, TopicFeed, TopicMessage, TopicPlace } from "../topic/operations.ts";

/**
 * Goes on with another call where the server has ended one in order, and where a connection was lost
 * behind a message without a place: what its topic keeps nothing of was for those who read then, and the
 * last message of each name comes once more.
 */
export class LastingFeed implements TopicFeed {
  readonly #open: (from: SubscribeOptions["from"]) => TopicFeed;
  #from: SubscribeOptions["from"];
  #feed: TopicFeed;
  #isLeft = false;
  /** Whether the last message of this call had no place to go on from. */
  #isPlaceless = false;

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
      let result: IteratorResult<TopicMessage, TopicPlace | undefined>;
      try {
        result = await feed.next();
      } catch (error) {
        if (!this.#beginsAgain(feed, error)) throw error;
        continue;
      }
      if (!result.done && result.value.topic === undefined) {
        this.#from = result.value.cursor; // where the call begins
        continue;
      }
      if (!result.done) {
        this.#isPlaceless = result.value.cursor === undefined;
        return result;
      }
      if (this.#isLeft || typeof result.value !== "object" || result.value === null) return result;
      // Another caller may have gone on already.
      if (feed !== this.#feed) continue;
      this.#from = result.value.cursor ?? this.#from;
      this.#feed = this.#open(this.#from);
    }
  }

  #beginsAgain(feed: TopicFeed, error: unknown): boolean {
    const isLost = error instanceof TransportError && error.retryable;
    if (this.#isLeft || !isLost) return false;
    if (feed !== this.#feed) return true; // another caller has begun already
    if (!this.#isPlaceless) return false;
    this.#isPlaceless = false;
    this.#feed = this.#open(this.#from);
    return true;
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
