import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DariError } from "../../../../lib/base/errors.ts";
import { limits } from "../../../../lib/base/limits.ts";
import { partsOf } from "../../../../lib/messages/embedded/parts.ts";
import { fillDisk } from "../../../support/full_disk.ts";
import { nextValues, openTestTopics } from "../../../support/topics.ts";
import { inEachForm } from "../../../support/queues.ts";

inEachForm(
  "messages reach those whose patterns fit, in their order, with their places",
  async (form) => {
    await using kept = await openTestTopics({ form, pollMs: 2 ** 30 });
    const { topics, clock } = kept;
    const paid = topics.topic<number>("orders.*.paid").subscribe();
    const all = topics.topic<number>("orders.>").subscribe();
    const other = topics.topic<number>("letters.>").subscribe();
    await topics.topic<number>("orders.1.sent").publish(1);
    const receipt = await topics.topic<number>("orders.1.paid").publish(2);
    await topics.topic<number>("orders").publishMany([{ value: 3, topic: "orders.2.paid" }]);
    assertEquals(receipt, { cursor: "orders:2", isDuplicate: false });
    assertEquals((await paid.next()).value, {
      topic: "orders.1.paid",
      cursor: "orders:2",
      value: 2,
      publishedAtMs: clock.now(),
      publishedBy: "server",
    });
    assertEquals(await nextValues(paid, 1), [3]);
    assertEquals(await nextValues(all, 3), [1, 2, 3]);
    await topics.topic<number>("letters.a").publish(4);
    assertEquals(await nextValues(other, 1), [4]);
    assertEquals(topics.subscriptions, 3);
    assertEquals(topics.subscriptionsByTopic, new Map([["orders", 2], ["letters", 1]]));
    for (const each of [paid, all, other]) await each.return();
    assertEquals(topics.subscriptions, 0);
  },
);

inEachForm("an id is published once for as long as it is remembered", async (form) => {
  await using kept = await openTestTopics({ form });
  const orders = kept.topics.topic<number>("orders");
  const batch = [{ value: 1, id: "a" }, { value: 2, id: "b" }, { value: 3, id: "a" }];
  assertEquals(await orders.publishMany(batch), [
    { cursor: "orders:1", isDuplicate: false },
    { cursor: "orders:2", isDuplicate: false },
    { cursor: "orders:1", isDuplicate: true },
  ]);
  assertEquals((await orders.publish(1, { id: "a" })).isDuplicate, true);
  assertEquals((await kept.topics.topic("letters").publish(1, { id: "a" })).isDuplicate, false);
  kept.clock.advance(limits.messageIdMs);
  assertEquals(await orders.publish(1, { id: "a" }), { cursor: "orders:3", isDuplicate: false });
});

inEachForm("a publish of another process arrives within a poll", async (form) => {
  await using kept = await openTestTopics({ form, pollMs: 1 });
  await using near = await openTestTopics({ form, beside: kept });
  const reading = kept.topics.topic<string>("orders.>").subscribe();
  const next = reading.next();
  await near.topics.topic<string>("orders.1").publish("elsewhere");
  assertEquals((await next).value?.value, "elsewhere");
  await kept.topics.topic<string>("orders.1").publish("here");
  await near.topics.topic<string>("orders.1").publish("there");
  assertEquals(await nextValues(reading, 2), ["here", "there"]);
});

inEachForm(
  "entries, messages and what is published are written together, or not at all",
  async (form) => {
    await using kept = await openTestTopics({ form });
    const { queues, topics, store } = kept;
    const reading = topics.topic<string>("orders.>").subscribe();
    const failing = queues.transact((transaction) => {
      transaction.publish("orders.1", { value: "lost" });
      transaction.put("order/1", "lost");
      throw new Error("enough");
    });
    await assertRejects(() => failing, Error, "enough");
    await queues.transact((transaction) => {
      transaction.put("order/1", "paid");
      transaction.enqueue("emails", { value: "paid" });
      return transaction.publish("orders.1", { value: "paid" });
    });
    assertEquals(await nextValues(reading, 1), ["paid"]);
    assertEquals((await store.get("order/1"))?.value, "paid");
    const message = await queues.queue("emails").take();
    await message!.complete((transaction) => transaction.publish("orders.1", { value: "mailed" }));
    assertEquals(await nextValues(reading, 1), ["mailed"]);
    assertEquals((await topics.topic("orders").show()).cursor, "orders:2");
  },
);

inEachForm(
  "a handler's message is published with what it writes, once for its id",
  async (form) => {
    await using kept = await openTestTopics({ form });
    const { topics, store } = kept;
    const publish = (amount: number, id: string) =>
      topics.publishFor("alice", "orders.1", amount, {
        id,
        write: (transaction) => {
          const sum = Number(transaction.get("sum")?.value ?? 0) + amount;
          transaction.put("sum", String(sum));
        },
      });
    assertEquals(await publish(5, "a"), { cursor: "orders:1", isDuplicate: false });
    assertEquals(await publish(5, "a"), { cursor: "orders:1", isDuplicate: true });
    assertEquals((await store.get("sum"))?.value, "5");
    const asynchronous = topics.publishFor("alice", "orders.1", 1, { write: async () => {} });
    await assertRejects(() => asynchronous, TypeError, "cannot wait");
    const broken = topics.publishFor("alice", "orders.1", 1, {
      write: () => {
        throw new DariError("failed_precondition", "no");
      },
    });
    await assertRejects(() => broken, DariError, "no");
    assertEquals(await topics.publishFor("alice", "orders.1", 7), {
      cursor: "orders:2",
      isDuplicate: false,
    });
    const { value } = await topics.topic("orders.1").subscribe({ last: true }).next();
    assertEquals([value?.value, value?.publishedBy], [7, "alice"]);
  },
);

inEachForm(
  "a topic that keeps nothing gives messages to those who read now, and nowhere else",
  async (form) => {
    await using kept = await openTestTopics({ form, pollMs: 1 });
    await using near = await openTestTopics({ form, beside: kept });
    const prices = kept.topics.topic<number>("prices");
    await prices.configure({ kept: false });
    assertEquals(await prices.publish(1), { isDuplicate: false });
    const here = kept.topics.topic<number>("prices.*").subscribe();
    const there = near.topics.topic<number>("prices.>").subscribe();
    const nearby = there.next();
    await partsOf(near.queues).hub.openChannel(); // what begins by itself has begun by then
    await kept.topics.topic<number>("prices.won").publish(2);
    const { value } = await here.next();
    assertEquals([value?.value, value?.cursor], [2, undefined]);
    assertEquals((await nearby).value?.value, 2);
    await kept.queues.transact((transaction) => transaction.publish("prices.yen", { value: 3 }));
    assertEquals(await nextValues(here, 1), [3]);
    assertEquals(await nextValues(there, 1), [3]);
    const { messages, bytes, cursor } = await prices.show();
    assertEquals([messages, bytes, cursor], [0, 0, "prices:0"]);
    for (const options of [{ from: "first" }, { last: true }, { group: "all" }]) {
      const reading = kept.topics.as("alice").subscribe("prices", options);
      const error = await assertRejects(() => reading.next(), DariError);
      assertEquals(error.code, "failed_precondition");
    }
    await assertRejects(() => prices.publish(1, { id: "a" }), DariError, "knows no ids");
  },
);

inEachForm(
  "readers of a topic that begins to keep nothing, or to keep, begin anew",
  async (form) => {
    await using kept = await openTestTopics({ form });
    const prices = kept.topics.topic<number>("prices");
    await prices.publish(1);
    const reading = prices.subscribe();
    const next = reading.next();
    await prices.configure({ kept: false });
    const error = await assertRejects(() => next, DariError, "subscribe again");
    assertEquals([error.code, error.retryable], ["unavailable", true]);
  },
);

inEachForm("a full disk refuses what is published, and what is in stays", async (form) => {
  await using kept = await openTestTopics({ form });
  const orders = kept.topics.topic<number>("orders");
  await orders.publish(1);
  {
    using _full = fillDisk();
    const published = await Promise.allSettled([orders.publish(2), orders.publish(3)]);
    assertEquals(published.map(({ status }) => status), ["rejected", "rejected"]);
  }
  assertEquals((await orders.publish(4)).cursor, "orders:2");
  assertEquals(await nextValues(orders.subscribe({ from: "first" }), 2), [1, 4]);
});

inEachForm("all who read hear that the topics are closed", async (form) => {
  const kept = await openTestTopics({ form });
  const orders = kept.topics.topic("orders");
  const waits = [orders.subscribe().next(), orders.subscribe({ group: "billing" }).next()];
  const refused = waits.map((wait) => assertRejects(() => wait, DariError, "closed"));
  await kept[Symbol.asyncDispose]();
  await Promise.all(refused);
});

inEachForm("maxTopicSubscriptions bounds how many read", async (form) => {
  await using kept = await openTestTopics({ form, pollMs: 2 ** 30 });
  const orders = kept.topics.topic("orders");
  const all = Array.from({ length: limits.maxTopicSubscriptions }, () => orders.subscribe());
  const error = assertThrows(() => orders.subscribe(), DariError, "Too many");
  assertEquals([error.code, error.retryable], ["resource_exhausted", true]);
  await all.pop()!.return();
  orders.subscribe();
});

inEachForm(
  "administrators look at topics, set, purge and forget, which is written down",
  async (form) => {
    const records: unknown[] = [];
    const audit = { record: (event: unknown) => Promise.resolve(void records.push(event)) };
    await using kept = await openTestTopics({ form, audit });
    const orders = kept.topics.topic<number>("orders");
    const missing = await assertRejects(() => orders.show(), DariError);
    assertEquals(missing.code, "not_found");
    assertEquals((await orders.configure({ maxMessages: 5 })).settings.maxMessages, 5);
    await orders.publishMany([{ value: 1 }, { value: 2 }]);
    await orders.subscribe({ group: "billing", from: "first" }).next();
    const { messages, groups, oldestAtMs } = await orders.show();
    assertEquals([messages, oldestAtMs], [2, kept.clock.now()]);
    assertEquals(groups, [{
      ...{ name: "billing", pattern: "orders", cursor: "orders:0", behind: 2 },
      ...{ open: 1, missed: 0, givenUp: 0 },
    }]);
    assertEquals(await orders.purge(), { removed: 2 });
    await orders.forget("billing");
    await assertRejects(() => orders.forget("billing"), DariError, "no group");
    const state = await orders.show();
    assertEquals([state.messages, state.bytes, state.cursor, state.groups], [0, 0, "orders:2", []]);
    assertEquals((await kept.topics.states()).map(({ name }) => name), ["orders"]);
    assertEquals(records, [
      {
        ...{ kind: "topic.configured", by: "server", about: "orders" },
        data: { settings: '{"maxMessages":5}' },
      },
      { kind: "topic.purged", by: "server", about: "orders" },
      { kind: "topic.forgotten", by: "server", about: "orders", data: { group: "billing" } },
      { kind: "topic.forgotten", by: "server", about: "orders", data: { group: "billing" } },
    ]);
  },
);

inEachForm("what happens to messages is told once it is on disk", async (form) => {
  const told = new Map<string, number>();
  await using kept = await openTestTopics({
    form,
    onTopicEvent: (topic, event, count) =>
      void told.set(`${topic} ${event}`, (told.get(`${topic} ${event}`) ?? 0) + count),
  });
  const orders = kept.topics.topic<number>("orders");
  await orders.publish(1, { id: "a" });
  await orders.publish(1, { id: "a" });
  await orders.publish(2);
  await nextValues(orders.subscribe({ from: "first" }), 2);
  const member = orders.subscribe({ group: "billing", from: "first" });
  const { value: first } = await member.next();
  await first!.ack();
  const { value: second } = await member.next();
  await second!.nack({ dead: true });
  assertEquals(Object.fromEntries(told), {
    "orders published": 2,
    "orders duplicate": 1,
    "orders delivered": 4,
    "orders acked": 1,
    "orders nacked": 1,
    "orders died": 1,
  });
});
