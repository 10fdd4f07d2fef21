/**
 * Topics at the other end of a connection.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { StreamOptions } from "../../rpc/call/call_options.ts";
import type { ClientCallOptions } from "../../rpc/client/client_options.ts";
import type { NackResult } from "../queue/operations.ts";
import type {
  NewTopicMessage,
  PublishReceipt,
  SubscribeOptions,
  TopicFeed,
  TopicNackOptions,
  TopicOperations,
  TopicState,
} from "../topic/operations.ts";
import type { TopicSettings } from "../topic/settings.ts";
import { Topic } from "../topic/topic.ts";
import { LastingFeed } from "./lasting_feed.ts";
import { defined } from "./remote_queues.ts";

/** The part of a client that topics need. */
export interface TopicCaller {
  /** Calls a method of the server. */
  call(method: string, params: unknown, options?: ClientCallOptions): Promise<unknown>;
  /** Calls a method of the server that streams. */
  stream(
    method: string,
    params: unknown,
    options?: StreamOptions,
  ): AsyncIterableIterator<unknown, unknown, undefined> & {
    return(value?: unknown): Promise<IteratorResult<unknown, unknown>>;
  };
}

/**
 * A topic at the other end of a connection. What it does needs a right there: `topic:NAME.publish` to
 * publish, `topic:NAME.subscribe` to read and to answer.
 *
 * @param client The client; any connection of it serves.
 * @param name Its name, `orders` or `orders.42.paid`, or a pattern, `orders.*.paid` or `orders.>`.
 * @returns The topic.
 * @throws {DariError} `invalid_params` for a name that cannot be one.
 *
 * @example
 * ```ts
 * import { connect, listenMemory, serve } from "@dari/dari";
 * import { EmbeddedQueues, topicOf } from "@dari/dari/messages";
 * import { openSqliteStore } from "@dari/dari/store";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir();
 * {
 *   await using store = await openSqliteStore(`${directory}/dari.db`);
 *   await using queues = new EmbeddedQueues(store);
 *   const memory = listenMemory();
 *   await using server = await serve({ listen: memory, methods: {}, queues });
 *   await using client = await connect(memory);
 *   await topicOf<{ total: number }>(client, "orders.42.paid").publish({ total: 30 });
 *   for await (const { value } of topicOf(client, "orders.>").subscribe({ last: true })) {
 *     assertEquals(value, { total: 30 });
 *     break;
 *   }
 * }
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export function topicOf<T = unknown>(client: TopicCaller, name: string): Topic<T> {
  return new Topic<T>(new RemoteTopics(client), name);
}

/**
 * The topics of the server that a client is connected to: what {@linkcode topicOf} works with.
 *
 * @example
 * ```ts
 * import { connect, listenMemory, serve } from "@dari/dari";
 * import { RemoteTopics } from "@dari/dari/messages";
 * import { assertRejects } from "@std/assert";
 *
 * const memory = listenMemory();
 * await using server = await serve({ listen: memory, methods: {} });
 * await using client = await connect(memory);
 * await assertRejects(() => new RemoteTopics(client).list()); // this server has none
 * ```
 */
export class RemoteTopics implements TopicOperations {
  readonly #client: TopicCaller;

  /**
   * Makes them.
   *
   * @param client The client; closing it stays with the caller.
   */
  constructor(client: TopicCaller) {
    this.#client = client;
  }

  async publish(topic: string, messages: readonly NewTopicMessage[]): Promise<PublishReceipt[]> {
    const given = messages.map((message) => defined(message));
    const result = await this.#call("publish", { topic, messages: given });
    return (result as { messages: PublishReceipt[] }).messages;
  }

  subscribe(
    pattern: string,
    { signal, endsInMs, ...options }: SubscribeOptions = {},
  ): TopicFeed {
    const timeoutMs = endsInMs ?? limits.maxCallTimeoutMs;
    const given = { timeoutMs, ...(signal && { signal }) };
    // A subscription that does not resume by itself gives a place to its reader.
    const place = endsInMs === undefined && options.group === undefined ? true : undefined;
    const open = (from: SubscribeOptions["from"]) => {
      const params = { topic: pattern, ...defined({ place, ...options, from }) };
      return this.#client.stream("rpc.topic.subscribe", params, given) as TopicFeed;
    };
    return endsInMs === undefined ? new LastingFeed(open, options.from) : open(options.from);
  }

  async ack(topic: string, group: string, lease: string): Promise<void> {
    await this.#call("ack", { topic, group, lease });
  }

  async nack(
    topic: string,
    group: string,
    lease: string,
    options: TopicNackOptions = {},
  ): Promise<NackResult> {
    return await this.#call("nack", { topic, group, lease, ...defined(options) }) as NackResult;
  }

  async extend(
    topic: string,
    group: string,
    lease: string,
    leaseMs?: number,
  ): Promise<{ readonly endsAtMs: number }> {
    const params = { topic, group, lease, ...defined({ leaseMs }) };
    return await this.#call("extend", params) as { endsAtMs: number };
  }

  async show(topic: string): Promise<TopicState> {
    return await this.#call("show", { topic }) as TopicState;
  }

  async list(): Promise<TopicState[]> {
    return (await this.#call("list", {}) as { topics: TopicState[] }).topics;
  }

  async configure(topic: string, settings: Partial<TopicSettings>): Promise<TopicState> {
    return await this.#call("configure", { topic, settings }) as TopicState;
  }

  async purge(topic: string): Promise<{ readonly removed: number }> {
    return await this.#call("purge", { topic }) as { removed: number };
  }

  async forget(topic: string, group: string): Promise<void> {
    await this.#call("forget", { topic, group });
  }

  #call(name: string, params: unknown): Promise<unknown> {
    return this.#client.call(`rpc.topic.${name}`, params);
  }
}
