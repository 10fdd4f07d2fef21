import { EmbeddedTopics } from "../../lib/messages/mod.ts";
import type { ArrivedMessage, ArrivingMessages } from "../../lib/messages/topic/topic.ts";
import { openTestQueues, type TestQueues, type TestQueuesOptions } from "./queues.ts";

/** Topics in a store of a test's own, whose time the test moves. */
export interface TestTopics extends TestQueues {
  readonly topics: EmbeddedTopics;
}

/** Opens topics in a new store, or in one that another test's topics have. */
export async function openTestTopics(options: TestQueuesOptions = {}): Promise<TestTopics> {
  const kept = await openTestQueues(options);
  const topics = new EmbeddedTopics(kept.queues);
  return {
    ...kept,
    topics,
    async [Symbol.asyncDispose]() {
      await topics[Symbol.asyncDispose]();
      await kept[Symbol.asyncDispose]();
    },
  };
}

/** Reads the values of the next messages. */
export async function nextValues<T>(
  messages: ArrivingMessages<ArrivedMessage<T>>,
  count: number,
): Promise<unknown[]> {
  const values: unknown[] = [];
  while (values.length < count) values.push((await messages.next()).value?.value);
  return values;
}
