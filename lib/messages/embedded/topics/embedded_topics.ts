/**
 * Topics in the store of this process.
 *
 * @module
 */

import { after } from "../../../base/abort.ts";
import { limits } from "../../../base/limits.ts";
import type { ContextPublishOptions, ContextReceipt } from "../../../rpc/method/publishing.ts";
import type { EmbeddedQueues } from "../embedded_queues.ts";
import { type EmbeddedParts, partsOf } from "../parts.ts";
import { topicStates } from "../topic_tables/manage.ts";
import { isKept } from "../topic_tables/retention.ts";
import { allTopicRows } from "../topic_tables/rows.ts";
import type { TopicOperations, TopicState } from "../../topic/operations.ts";
import { Topic } from "../../topic/topic.ts";
import { CallerTopics } from "./caller_topics.ts";
import { publishFor } from "./publish_for.ts";

/**
 * The topics of a store, beside its queues. A message that was published is on disk (SQLite,
 * `synchronous=FULL`), unless its topic keeps nothing; requests that come at the same time share one
 * write.
 *
 * @example
 * ```ts
 * import { EmbeddedQueues, EmbeddedTopics } from "@dari/dari/messages";
 * import { openSqliteStore } from "@dari/dari/store";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir();
 * {
 *   await using store = await openSqliteStore(`${directory}/dari.db`);
 *   await using queues = new EmbeddedQueues(store);
 *   await using topics = new EmbeddedTopics(queues);
 *   await topics.topic<{ total: number }>("orders.42.paid").publish({ total: 30 });
 *   for await (const message of topics.topic("orders.*.paid").subscribe({ from: "first" })) {
 *     assertEquals([message.topic, message.cursor], ["orders.42.paid", "orders:1"]);
 *     break;
 *   }
 * }
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export class EmbeddedTopics implements AsyncDisposable {
  readonly #parts: EmbeddedParts;
  readonly #own: TopicOperations;
  #forget = () => {};
  #sweeping: Promise<void> = Promise.resolve();

  /**
   * Opens the topics of a store.
   *
   * @param queues The queues of the store; closing them stays with the caller, after this. They know
   * time, audit, and who hears what happens.
   */
  constructor(queues: EmbeddedQueues) {
    this.#parts = partsOf(queues);
    this.#own = this.as(this.#parts.name);
    this.#sweepLater();
  }

  /** How many subscriptions there are in this process. */
  get subscriptions(): number {
    return this.#parts.hub.readers;
  }

  /** How many subscriptions each topic has in this process. */
  get subscriptionsByTopic(): ReadonlyMap<string, number> {
    return this.#parts.hub.readersByTopic;
  }

  /**
   * A topic, or a part of one, as this program itself uses it.
   *
   * @param name Its name, `orders` or `orders.42.paid`, or a pattern, `orders.*.paid` or `orders.>`. It
   * is made with its first message.
   * @returns The topic.
   * @throws {DariError} `invalid_params` for a name that cannot be one.
   */
  topic<T = unknown>(name: string): Topic<T> {
    return new Topic<T>(this.#own, name);
  }

  /**
   * The topics as somebody else uses them; only they can answer what they were given.
   *
   * @param caller Their name, which messages and records have.
   * @param check Throws once they may not read a topic any more; it is asked while they read.
   * @returns What they can do. Whether they may is asked elsewhere.
   */
  as(caller: string, check?: (topic: string) => void): TopicOperations {
    return new CallerTopics({ ...this.#parts, caller, check });
  }

  /**
   * Publishes for a handler: a message, and what is written with it.
   *
   * @param by The name of the publisher.
   * @param topic The name that it is published by.
   * @param value What it says.
   * @param options An id, and what is written to the store in the same transaction.
   * @returns Its place, once it is on disk.
   */
  publishFor(
    by: string,
    topic: string,
    value: unknown,
    options?: ContextPublishOptions,
  ): Promise<ContextReceipt> {
    return publishFor(this.#parts, by, topic, value, options);
  }

  /** All topics as they stand, for those who count. */
  states(): Promise<TopicState[]> {
    return this.#parts.store.query(topicStates);
  }

  /** Removes messages that are too old, also of topics that nobody publishes to. */
  async sweep(): Promise<void> {
    const { store, writer, name: own, steady, ended } = this.#parts;
    const old = await store.query((sql) =>
      allTopicRows(sql).filter((topic) => !isKept(topic, steady.today()))
    );
    for (const { name } of old) {
      for (let removed = 1; removed > 0 && !ended.aborted;) {
        removed = await writer.write("topic.trim", own, { topic: name });
      }
    }
  }

  /** Ends the looks for what is too old. Subscriptions end with the queues. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#forget();
    await this.#sweeping;
  }

  #sweepLater(): void {
    this.#forget = after(limits.topicSweepEveryMs, () => {
      if (this.#parts.ended.aborted) return;
      this.#sweeping = this.sweep().catch(() => {}); // the store is busy; the next one follows
      this.#sweepLater();
    }, { persistent: false });
  }
}
