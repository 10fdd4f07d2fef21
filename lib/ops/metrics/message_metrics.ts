/**
 * What happens in queues and topics, and how they stand.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { QueueEvent, QueueState, TopicEvent, TopicState } from "../../messages/mod.ts";
import type { MetricsRegistry } from "./registry.ts";

/**
 * Registers what happens to the messages of queues.
 *
 * @param registry Where it is counted.
 * @returns What queues tell of it: the queue, the event, and how often.
 */
export function countQueueEvents(
  registry: MetricsRegistry,
): (queue: string, event: QueueEvent, count: number) => void {
  const messages = registry.counter({
    name: "dari.queue.messages",
    help: "What happened to messages of queues: put, taken, acked, died and others.",
    labels: ["queue", "event"],
  });
  return (queue, event, count) => messages.of(queue, event).add(count);
}

/**
 * Registers what happens to the messages of topics.
 *
 * @param registry Where it is counted.
 * @returns What topics tell of it: the topic, the event, and how often.
 */
export function countTopicEvents(
  registry: MetricsRegistry,
): (topic: string, event: TopicEvent, count: number) => void {
  const messages = registry.counter({
    name: "dari.topic.messages",
    help: "What happened to messages of topics: published, delivered, dropped, acked and others.",
    labels: ["topic", "event"],
  });
  return (topic, event, count) => messages.of(topic, event).add(count);
}

/**
 * Registers how many read topics. Each thread does so for its own.
 *
 * @param registry Where it is registered.
 * @param subscriptions How many subscriptions each topic has in this thread.
 * @returns Ends it.
 */
export function subscriptionMetrics(
  registry: MetricsRegistry,
  subscriptions: () => ReadonlyMap<string, number>,
): Disposable {
  return registry.observe("gauge", {
    name: "dari.topic.subscriptions",
    help: "Those who read a topic now, members of groups included.",
    labels: ["topic"],
  }, () => [...subscriptions()].map(([topic, count]) => [[topic], count] as const));
}

/**
 * Registers how topics stand. One thread does so for all: the numbers of threads are added up.
 *
 * @param registry Where it is registered.
 * @param options Where the topics are.
 * @returns Ends the looks at them.
 */
export async function topicMetrics(
  registry: MetricsRegistry,
  { look, periodMs = limits.queueDepthEveryMs }: MessageLook<TopicState>,
): Promise<Disposable> {
  const all = new DisposableStack();
  const states = all.use(await looks(look, periodMs));
  const gauge = (
    name: string,
    about: { readonly help: string; readonly unit?: string; readonly labels: readonly string[] },
    read: (topic: TopicState) => readonly (readonly [readonly string[], number])[],
  ) => all.use(registry.observe("gauge", { name, ...about }, () => states.last.flatMap(read)));
  gauge(
    "dari.topic.kept",
    { help: "Messages that a topic keeps.", labels: ["topic"] },
    ({ name, messages }) => [[[name], messages]],
  );
  gauge(
    "dari.topic.size",
    { help: "Bytes of the messages that a topic keeps.", unit: "By", labels: ["topic"] },
    ({ name, bytes }) => [[[name], bytes]],
  );
  gauge(
    "dari.topic.group.behind",
    { help: "Messages of a topic that a group has not done.", labels: ["topic", "group"] },
    ({ name, groups }) => groups.map((group) => [[name, group.name], group.behind] as const),
  );
  return all;
}

/** How states are looked at. */
export interface MessageLook<State> {
  /** Reads them. */
  readonly look: () => Promise<readonly State[]>;
  /** How often, in milliseconds. @default {5_000} */
  readonly periodMs?: number | undefined;
}

/** What {@linkcode queueMetrics} works with. */
export interface QueueMetricsOptions extends MessageLook<QueueState> {
  /** The time of the queues, in milliseconds since the epoch. */
  readonly now: () => number;
}

/** The states of messages as their label has them. */
const STATES = ["waiting", "delayed", "leased", "dead"] as const;

/**
 * Registers how queues stand. One thread does so for all: the numbers of threads are added up.
 *
 * @param registry Where it is registered.
 * @param options Where the queues are.
 * @returns Ends the looks at them.
 */
export async function queueMetrics(
  registry: MetricsRegistry,
  { look, now, periodMs = limits.queueDepthEveryMs }: QueueMetricsOptions,
): Promise<Disposable> {
  const all = new DisposableStack();
  const states = all.use(await looks(look, periodMs));
  all.use(registry.observe(
    "gauge",
    {
      name: "dari.queue.depth",
      help: "Messages of a queue by their state.",
      labels: ["queue", "state"],
    },
    () =>
      states.last.flatMap((one) => STATES.map((state) => [[one.name, state], one[state]] as const)),
  ));
  all.use(registry.observe("gauge", {
    name: "dari.queue.size",
    help: "Bytes of the messages of a queue, dead letters left aside.",
    unit: "By",
    labels: ["queue"],
  }, () => states.last.map(({ name, bytes }) => [[name], bytes] as const)));
  all.use(registry.observe("gauge", {
    name: "dari.queue.oldest.age",
    help: "How long the oldest message waits that can be taken.",
    unit: "s",
    labels: ["queue"],
  }, () =>
    states.last.map(({ name, oldestAtMs }) => {
      const age = oldestAtMs === undefined ? 0 : Math.max(0, now() - oldestAtMs);
      return [[name], age / 1_000] as const;
    })));
  return all;
}

/** Looks at states again and again. */
async function looks<State>(
  look: () => Promise<readonly State[]>,
  periodMs: number,
): Promise<{ readonly last: readonly State[] } & Disposable> {
  let last: readonly State[] = [];
  const lookAgain = async () => {
    last = await look().catch(() => last); // the store is busy: the last look still says more
  };
  await lookAgain();
  const timer = setInterval(() => void lookAgain(), periodMs);
  Deno.unrefTimer(timer);
  return {
    get last() {
      return last;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
