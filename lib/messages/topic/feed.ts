/**
 * Messages that one reader pulls.
 *
 * @module
 */

import { after } from "../../base/abort.ts";
import type { TopicFeed, TopicMessage, TopicPlace } from "./operations.ts";

/** What ends a feed. */
export interface FeedSignals {
  /** The reader's own. */
  readonly signal: AbortSignal | undefined;
  /** That of all feeds. */
  readonly ended: AbortSignal;
  /** After how long it ends in order, in milliseconds. */
  readonly endsInMs?: number | undefined;
}

/** Why a feed ends whose reader leaves. */
const LEFT = Symbol("left");

/** Why a feed ends whose time is over. */
const FINISHED = Symbol("finished");

const DONE = Object.freeze({ done: true, value: undefined }) as IteratorResult<never>;

/**
 * Messages that one reader pulls. Nothing is read ahead but what one step gives, so a reader that does
 * not pull costs no more than its place.
 */
export abstract class Feed implements TopicFeed {
  readonly #leaving = new AbortController();
  readonly #signal: AbortSignal;
  #ready: readonly TopicMessage[] = [];
  #next = 0;
  /** The last call of `next`, behind which others wait. */
  #turn: Promise<unknown> | undefined;
  #left: Promise<void> | undefined;
  readonly #forget: () => void;

  /** @param signals What ends it. */
  constructor({ signal, ended, endsInMs = Infinity }: FeedSignals) {
    const signals = [this.#leaving.signal, ended, ...(signal === undefined ? [] : [signal])];
    this.#signal = AbortSignal.any(signals);
    const finish = () => this.#leaving.abort(FINISHED);
    this.#forget = after(endsInMs, finish, { persistent: false });
  }

  /** Where another feed goes on behind the last message that this one has given. */
  protected abstract place(): Promise<TopicPlace>;

  /** Ends what {@linkcode Feed.more} waits for. */
  protected get signal(): AbortSignal {
    return this.#signal;
  }

  /**
   * Waits for messages.
   *
   * @returns At least one.
   * @throws What ends the feed; the signal's reason once that has aborted.
   */
  protected abstract more(): Promise<readonly TopicMessage[]>;

  /** Gives up what this reader has. Called once. */
  protected abstract leave(): Promise<void> | void;

  next(): Promise<IteratorResult<TopicMessage, TopicPlace | undefined>> {
    if (this.#turn === undefined && !this.#signal.aborted && this.#next < this.#ready.length) {
      return Promise.resolve({ done: false, value: this.#ready[this.#next++]! });
    }
    const pulled = this.#turn === undefined ? this.#pull() : this.#turn.then(() => this.#pull());
    const turn = pulled.then(() => {}, () => {}).then(() => {
      if (this.#turn === turn) this.#turn = undefined;
    });
    this.#turn = turn;
    return pulled;
  }

  /**
   * Ends it from here.
   *
   * @param reason What the reader is told.
   */
  protected fail(reason: Error): void {
    this.#leaving.abort(reason);
    void this.#end();
  }

  async return(): Promise<IteratorResult<never>> {
    await this.#end();
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Leaves. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }

  async #pull(): Promise<IteratorResult<TopicMessage, TopicPlace | undefined>> {
    try {
      if (this.#next >= this.#ready.length) {
        this.#signal.throwIfAborted();
        this.#ready = await this.more();
        this.#next = 0;
      }
      // What was read before the time is over is still given.
      if (this.#signal.reason !== FINISHED) this.#signal.throwIfAborted();
      return { done: false, value: this.#ready[this.#next++]! };
    } catch (error) {
      const isFinished = error === FINISHED;
      await this.#end();
      if (isFinished) return { done: true, value: await this.place() };
      if (error === LEFT) return DONE;
      throw error;
    }
  }

  #end(): Promise<void> {
    this.#forget();
    this.#leaving.abort(LEFT);
    this.#ready = [];
    return this.#left ??= (async () => {
      try {
        await this.leave();
      } catch {
        // The store is busy or closed: leases end by themselves.
      }
    })();
  }
}
