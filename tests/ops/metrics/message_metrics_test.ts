import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import {
  countQueueEvents,
  countTopicEvents,
  queueMetrics,
  subscriptionMetrics,
  topicMetrics,
} from "../../../lib/ops/metrics/message_metrics.ts";
import { MetricsRegistry } from "../../../lib/ops/metrics/registry.ts";
import { FakeTimers } from "../../support/fake_timers.ts";
import { openTestQueues } from "../../support/queues.ts";
import { nextValues, openTestTopics } from "../../support/topics.ts";

/** The series of a metric, each as its labels and its value. */
function seriesOf(registry: MetricsRegistry, name: string): string[] | undefined {
  return registry.collect().find((one) => one.name === name)?.series
    .map(({ labels, value }) => `${Object.values(labels).join(" ")} ${value}`);
}

Deno.test("what happens to messages is counted by queue and event", async () => {
  const registry = new MetricsRegistry();
  await using kept = await openTestQueues({ onEvent: countQueueEvents(registry) });
  const queue = kept.queues.queue<number>("emails");
  await queue.putMany([{ value: 1 }, { value: 2 }]);
  await (await queue.take())?.ack();
  await (await queue.take())?.nack({ dead: true });
  assertEquals(seriesOf(registry, "dari.queue.messages")?.sort(), [
    "emails acked 1",
    "emails died 1",
    "emails nacked 1",
    "emails put 2",
    "emails taken 2",
  ]);
});

Deno.test("depth, bytes and the age of the oldest message are read again and again", async () => {
  await using kept = await openTestQueues();
  const queue = kept.queues.queue<number>("emails");
  await queue.put(1);
  await queue.put(2, { delayMs: 60_000 });
  const registry = new MetricsRegistry();
  using timers = new FakeTimers();
  let looks = 0;
  let looked = Promise.resolve();
  const look = () => {
    const states = ++looks === 2 ? Promise.reject(new Error("busy")) : kept.queues.states();
    looked = states.then(() => {}, () => {});
    return states;
  };
  using _ = await queueMetrics(registry, { look, now: () => kept.queues.now });
  const before = ["emails waiting 1", "emails delayed 1", "emails leased 0", "emails dead 0"];
  assertEquals(seriesOf(registry, "dari.queue.depth"), before);
  assertEquals(seriesOf(registry, "dari.queue.size"), ["emails 2"]);
  kept.clock.advance(1_500);
  assertEquals(seriesOf(registry, "dari.queue.oldest.age"), ["emails 1.5"]);
  await queue.purge();
  for (const wanted of [before, ["emails waiting 0", "emails delayed 0", ...before.slice(2)]]) {
    timers.advance(limits.queueDepthEveryMs);
    await looked;
    for (let n = 0; n < 10; n++) await Promise.resolve(); // what was awaited has gone on
    assertEquals(seriesOf(registry, "dari.queue.depth"), wanted);
  }
  assertEquals(seriesOf(registry, "dari.queue.oldest.age"), ["emails 0"]);
});

Deno.test("topics count what happens, what is kept, who reads, and how far groups are behind", async () => {
  const registry = new MetricsRegistry();
  await using kept = await openTestTopics({ onTopicEvent: countTopicEvents(registry) });
  const orders = kept.topics.topic<number>("orders.>");
  using _reading = subscriptionMetrics(registry, () => kept.topics.subscriptionsByTopic);
  await kept.topics.topic("orders.1").publishMany([{ value: 1 }, { value: 2 }]);
  await nextValues(orders.subscribe({ from: "first" }), 2);
  await (await orders.subscribe({ group: "billing", from: "first" }).next()).value!.ack();
  assertEquals(seriesOf(registry, "dari.topic.messages")?.sort(), [
    "orders acked 1",
    "orders delivered 3",
    "orders published 2",
  ]);
  assertEquals(seriesOf(registry, "dari.topic.subscriptions"), ["orders 2"]);
  using _ = await topicMetrics(registry, { look: () => kept.topics.states() });
  assertEquals(seriesOf(registry, "dari.topic.kept"), ["orders 2"]);
  assertEquals(seriesOf(registry, "dari.topic.size"), ["orders 2"]);
  assertEquals(seriesOf(registry, "dari.topic.group.behind"), ["orders billing 1"]);
});
