/**
 * One topic as a program uses it, whatever keeps it.
 *
 * @module
 */

import { abortable } from "../../base/abort.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Arrived, Sendable } from "../../protocol/arrived.ts";
import { checkTopicPattern } from "./names.ts";
import type { NackOptions, NackResult } from "../queue/operations.ts";
import { type WorkerOptions, workOn } from "../queue/worker.ts";
import type {
  NewTopicMessage,
  PublishReceipt,
  SubscribeOptions,
  TopicFeed,
  TopicMessage,
  TopicOperations,
  TopicState,
} from "./operations.ts";
import type { TopicSettings } from "./settings.ts";

/** What is said of a message that is published, beside its value. */
export type PublishOptions = Omit<NewTopicMessage, "value">;

/** A message as it arrives. */
export interface ArrivedMessage<T>
  extends Omit<TopicMessage, "value" | "lease" | "tries" | "leaseMs"> {
  /** What it says. */
  readonly value: Arrived<T>;
}

/** A message that a member of a group was given, who has to answer it before its lease ends. */
export interface SharedMessage<T> extends ArrivedMessage<T> {
  /** What it is answered with. */
  readonly lease: string;
  /** How long it belongs to the member, in milliseconds from when it was given. */
  readonly leaseMs: number;
  /** How often the group was given it, this time included. */
  readonly tries: number;
  /**
   * Says that it is done.
   *
   * @throws {DariError} `failed_precondition` when the lease has ended: the group is given it again.
   */
  ack(): Promise<void>;
  /**
   * Gives it back: the group is given it again after a pause, or it is given up.
   *
   * @param options Pause, and whether no further try makes sense. A reason is not kept.
   * @throws {DariError} As `ack` does.
   */
  nack(options?: NackOptions): Promise<NackResult>;
  /**
   * Lets its lease begin anew.
   *
   * @param leaseMs How long it is from now on, in milliseconds; as long as before by default.
   * @throws {DariError} As `ack` does.
   */
  extend(leaseMs?: number): Promise<{ readonly endsAtMs: number }>;
}

/** Messages as they arrive, until the reader leaves. */
export interface ArrivingMessages<Message>
  extends AsyncIterableIterator<Message, undefined, undefined> {
  /** Leaves: a member's messages that it has not answered go to others. */
  return(value?: unknown): Promise<IteratorResult<Message, undefined>>;
  /** The messages themselves. */
  [Symbol.asyncIterator](): this;
  /** Leaves as `return` does. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** How a group's messages are handled. */
export interface TopicWorkOptions extends WorkerOptions {
  /** The group, whose members share the messages. */
  readonly group: string;
  /** Where a group begins that is made: as in a subscription. @default {from now on} */
  readonly from?: SubscribeOptions["from"];
}

/** Options of a subscription that is nobody's share. */
export type OwnSubscribeOptions = Omit<SubscribeOptions, "place"> & { readonly group?: undefined };

/** Options of a member of a group. */
export type MemberOptions = Omit<SubscribeOptions, "place"> & { readonly group: string };

/**
 * A topic, or a part of one. `EmbeddedTopics.topic` gives one in the store of this process, `topicOf`
 * one at the other end of a connection.
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
 *   const paid = topics.topic<{ total: number }>("orders.42.paid");
 *   await paid.publish({ total: 30 }, { id: "payment-7" });
 *   const again = await paid.publish({ total: 30 }, { id: "payment-7" });
 *   assertEquals([again.isDuplicate, again.cursor], [true, "orders:1"]);
 * }
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export class Topic<T = unknown> {
  /** Its name, or a pattern. */
  readonly name: string;
  readonly #operations: TopicOperations;

  /**
   * Makes the handle of a topic.
   *
   * @param operations What can be done.
   * @param name Its name, `orders` or `orders.42.paid`, or a pattern, `orders.*.paid` or `orders.>`.
   * @throws {DariError} `invalid_params` for a name that cannot be one.
   */
  constructor(operations: TopicOperations, name: string) {
    this.name = checkTopicPattern(name);
    this.#operations = operations;
  }

  /**
   * Publishes a message. Once it resolves, the message is on disk, unless the topic keeps nothing.
   *
   * @param value What it says: what a call can carry, streams and files left aside.
   * @param options An id, and another name of the same topic.
   * @returns Its place in the topic.
   * @throws {DariError} `invalid_params`, also for a pattern; `resource_exhausted` when the disk is full
   * or the message is too large.
   */
  async publish(value: Sendable<T>, options: PublishOptions = {}): Promise<PublishReceipt> {
    const [receipt] = await this.#operations.publish(this.name, [{ ...options, value }]);
    return receipt!;
  }

  /**
   * Publishes several messages: all or none.
   *
   * @param messages The messages, 1 to 1,000, of one topic.
   * @returns What became of each.
   * @throws {DariError} As `publish` does.
   */
  publishMany(
    messages: readonly (NewTopicMessage & { readonly value: Sendable<T> })[],
  ): Promise<PublishReceipt[]> {
    return this.#operations.publish(this.name, messages);
  }

  /**
   * Reads messages as they are published. Reading slowly costs nobody else anything.
   *
   * @param options Where to begin, and what becomes of a slow reader.
   * @returns The messages.
   */
  subscribe(options?: OwnSubscribeOptions): ArrivingMessages<ArrivedMessage<T>>;
  /**
   * Shares messages with the other members of a group. Each has to be acknowledged.
   *
   * @param options The group, and how much this member is given at once.
   * @returns The messages.
   */
  subscribe(options: MemberOptions): ArrivingMessages<SharedMessage<T>>;
  subscribe(
    options: SubscribeOptions = {},
  ): ArrivingMessages<ArrivedMessage<T>> | ArrivingMessages<SharedMessage<T>> {
    const feed = this.#operations.subscribe(this.name, options);
    const { group } = options;
    return new Arriving<T>(
      feed,
      group === undefined ? (message) => message : (message) => this.#shared(message, group),
    );
  }

  /**
   * Handles the messages of a group until the signal aborts: a handler that returns acknowledges its
   * message, one that throws gives it back. Leases are extended while a handler runs.
   *
   * @param handle Handles one message.
   * @param options The group, how many at once, and the signal.
   * @throws What a subscription throws where trying again does not help.
   */
  async work(
    handle: (message: SharedMessage<T>, signal: AbortSignal) => unknown,
    { group, from, ...options }: TopicWorkOptions,
  ): Promise<void> {
    const { concurrency = limits.workerConcurrency, leaseMs, signal } = options;
    const prefetch = Math.min(concurrency, limits.maxTopicPrefetch);
    let feed: ArrivingMessages<SharedMessage<T>> | undefined;
    const take = async () => {
      const current = feed ??= this.subscribe({ group, from, leaseMs, prefetch });
      try {
        // The subscription lasts until running handlers have answered.
        const { done, value } = await abortable(current.next(), signal);
        if (!done) return [value];
        throw new DariError("unavailable", "The subscription has ended");
      } catch (error) {
        if (!signal.aborted && feed === current) feed = undefined; // the next take begins anew
        throw error;
      }
    };
    try {
      await workOn(take, handle, options);
    } finally {
      await feed?.return();
    }
  }

  /** How the topic stands. @throws {DariError} `not_found` where there is none of the name. */
  show(): Promise<TopicState> {
    return this.#operations.show(this.name);
  }

  /**
   * Changes settings of the topic.
   *
   * @param settings The settings; those that are not given stay.
   * @throws {DariError} `invalid_params` for a setting that cannot be used.
   */
  configure(settings: Partial<TopicSettings>): Promise<TopicState> {
    return this.#operations.configure(this.name, settings);
  }

  /** Removes all messages that the topic keeps. Groups and places stay. */
  purge(): Promise<{ readonly removed: number }> {
    return this.#operations.purge(this.name);
  }

  /**
   * Removes a group with its place.
   *
   * @param group Its name.
   * @throws {DariError} `not_found` where there is none.
   */
  forget(group: string): Promise<void> {
    return this.#operations.forget(this.name, group);
  }

  #shared(message: TopicMessage, group: string): TopicMessage {
    const [operations, topic, lease] = [this.#operations, this.name, message.lease!];
    const answers = {
      ack: () => operations.ack(topic, group, lease),
      nack: ({ delayMs, dead }: NackOptions = {}) =>
        operations.nack(topic, group, lease, {
          ...(delayMs !== undefined && { delayMs }),
          ...(dead !== undefined && { dead }),
        }),
      extend: (leaseMs?: number) => operations.extend(topic, group, lease, leaseMs),
    };
    return { ...message, ...answers };
  }
}

/** The messages of a feed as a program gets them. */
class Arriving<T> implements ArrivingMessages<SharedMessage<T>> {
  readonly #feed: TopicFeed;
  readonly #made: (message: TopicMessage) => TopicMessage;

  constructor(feed: TopicFeed, made: (message: TopicMessage) => TopicMessage) {
    this.#feed = feed;
    this.#made = made;
  }

  async next(): Promise<IteratorResult<SharedMessage<T>, undefined>> {
    const { done, value } = await this.#feed.next();
    if (done) return { done: true, value: undefined };
    return { done: false, value: this.#made(value) as SharedMessage<T> };
  }

  async return(): Promise<IteratorResult<SharedMessage<T>, undefined>> {
    await this.#feed.return();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#feed.return();
  }
}
