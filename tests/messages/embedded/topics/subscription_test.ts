import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../../lib/base/errors.ts";
import { limits } from "../../../../lib/base/limits.ts";
import { nextValues, openTestTopics } from "../../../support/topics.ts";
import { inEachForm } from "../../../support/queues.ts";

const HOUR_MS = 3_600_000;

inEachForm(
  "a reader begins with the last message of each name, and goes on with what comes",
  async (form) => {
    await using kept = await openTestTopics({ form });
    const { topics } = kept;
    for (const [name, value] of [["a", 1], ["b", 2], ["a", 3], ["c.d", 4]] as const) {
      await topics.topic<number>(`rooms.${name}`).publish(value);
    }
    const reading = topics.topic<number>("rooms.*").subscribe({ last: true });
    await topics.topic<number>("rooms.a").publish(5);
    const first = await reading.next();
    assertEquals([first.value?.topic, first.value?.value], ["rooms.b", 2]);
    // Whoever came back with the cursor of one of several would miss the others.
    assertEquals(first.value?.cursor, undefined);
    const second = await reading.next();
    assertEquals([second.value?.value, second.value?.cursor], [5, "rooms:5"]);
    const one = topics.topic<number>("rooms.b").subscribe({ last: true });
    assertEquals((await one.next()).value?.cursor, "rooms:2");
  },
);

inEachForm(
  "last messages of many names come in steps of topicReadCount and topicScanCount",
  async (form) => {
    await using kept = await openTestTopics({ form });
    const { topics } = kept;
    const count = limits.topicScanCount + limits.topicReadCount + 1;
    const names = Array.from({ length: count }, (_, at) => `rooms.${at}`);
    for (let at = 0; at < count; at += limits.maxMessageBatch) {
      const batch = names.slice(at, at + limits.maxMessageBatch);
      await topics.topic<string>("rooms").publishMany(
        batch.map((topic) => ({ topic, value: topic })),
      );
    }
    const all = topics.topic<string>("rooms.>").subscribe({ last: true });
    assertEquals((await nextValues(all, count)).sort(), [...names].sort());
    const odd = topics.topic<string>(names[count - 1]!).subscribe({ last: true });
    assertEquals(await nextValues(odd, 1), [names[count - 1]]);
  },
);

inEachForm(
  "a reader replays from the first message, from a cursor and from a time",
  async (form) => {
    await using kept = await openTestTopics({ form });
    const { topics, clock } = kept;
    const orders = topics.topic<number>("orders");
    const cursors: string[] = [];
    const beganAtMs = clock.now();
    for (let value = 1; value <= 5; value++) {
      cursors.push((await orders.publish(value)).cursor!);
      clock.advance(HOUR_MS);
    }
    assertEquals(await nextValues(orders.subscribe({ from: "first" }), 5), [1, 2, 3, 4, 5]);
    assertEquals(await nextValues(orders.subscribe({ from: cursors[2]! }), 2), [4, 5]);
    assertEquals(await nextValues(orders.subscribe({ from: beganAtMs + 3 * HOUR_MS }), 2), [4, 5]);
    assertEquals(await nextValues(orders.subscribe({ from: beganAtMs + HOUR_MS + 1 }), 3), [
      3,
      4,
      5,
    ]);
    assertEquals(await nextValues(orders.subscribe({ from: 0 }), 1), [1]);
    const ahead = orders.subscribe({ from: clock.now() + HOUR_MS });
    const next = ahead.next();
    await orders.publish(6);
    assertEquals((await next).value?.value, 6);
  },
);

inEachForm(
  "a clock that is set back leaves the order of times, and replay from a time",
  async (form) => {
    await using kept = await openTestTopics({ form });
    const { topics, clock } = kept;
    const orders = topics.topic<number>("orders");
    clock.step(HOUR_MS);
    await orders.publish(1);
    const { publishedAtMs } = await orders.show();
    clock.step(-2 * HOUR_MS);
    await using near = await openTestTopics({ form, beside: kept });
    await near.topics.topic<number>("orders").publish(2);
    assertEquals((await orders.show()).publishedAtMs, publishedAtMs);
    assertEquals(await nextValues(orders.subscribe({ from: publishedAtMs! }), 2), [1, 2]);
  },
);

inEachForm("cursors of the future and of what was removed are refused by name", async (form) => {
  await using kept = await openTestTopics({ form });
  const orders = kept.topics.topic<number>("orders");
  await orders.configure({ maxMessages: 2 });
  for (let value = 1; value <= 5; value++) await orders.publish(value);
  const errorOf = (from: string) =>
    assertRejects(() => orders.subscribe({ from }).next(), DariError);
  const future = await errorOf("orders:6");
  assertEquals([future.code, future.retryable], ["failed_precondition", false]);
  assertEquals(future.message.includes("of the future: the last message is orders:5"), true);
  const removed = await errorOf("orders:2");
  assertEquals(removed.code, "failed_precondition");
  assertEquals(removed.message.startsWith("1 messages behind orders:2 were removed"), true);
  assertEquals(await nextValues(orders.subscribe({ from: "orders:3" }), 2), [4, 5]);
  const early = await assertRejects(
    () => kept.topics.topic("none").subscribe({ from: "none:1" }).next(),
    DariError,
  );
  assertEquals(early.code, "failed_precondition");
});

inEachForm(
  "a slow reader gets all that is kept where it waits, and holds nobody up",
  async (form) => {
    await using kept = await openTestTopics({ form });
    const orders = kept.topics.topic<number>("orders");
    const count = 2 * limits.topicTailCount; // more than the memory for those who keep up
    const slow = orders.subscribe();
    const quick = orders.subscribe();
    for (let at = 0; at < count; at += 512) {
      const batch = Array.from({ length: 512 }, (_, more) => ({ value: at + more }));
      await orders.publishMany(batch);
      assertEquals((await nextValues(quick, 512)).at(-1), at + 511);
    }
    const all = Array.from({ length: count }, (_, value) => value);
    assertEquals(await nextValues(slow, count), all);
  },
);

inEachForm(
  "a slow reader that waits hears of messages that were removed before it read them",
  async (form) => {
    await using kept = await openTestTopics({ form });
    const orders = kept.topics.topic<number>("orders");
    await orders.configure({ maxMessages: 10 });
    const slow = orders.subscribe();
    const count = limits.topicTailCount + 20;
    for (let value = 0; value < count; value += 100) {
      await orders.publishMany(Array.from({ length: 100 }, (_, more) => ({ value: value + more })));
    }
    const error = await assertRejects(() => slow.next(), DariError, "were removed");
    assertEquals(error.code, "failed_precondition");
    assertEquals(await slow.next(), { done: true, value: undefined });
  },
);

inEachForm(
  "a slow reader that drops gets the newest, and how many it did not get",
  async (form) => {
    await using kept = await openTestTopics({ form });
    const orders = kept.topics.topic<number>("orders");
    const slow = orders.subscribe({ whenSlow: "drop", maxBehind: 3 });
    await orders.publishMany(Array.from({ length: 10 }, (_, value) => ({ value })));
    const { value } = await slow.next();
    assertEquals([value?.value, value?.dropped], [7, 7]);
    const { value: next } = await slow.next();
    assertEquals([next?.value, next?.dropped], [8, undefined]);
  },
);

inEachForm("a slow reader that asked for it is cut, and told where to go on", async (form) => {
  await using kept = await openTestTopics({ form });
  const orders = kept.topics.topic<number>("orders");
  const slow = orders.subscribe({ whenSlow: "cut", maxBehind: 3 });
  await orders.publishMany(Array.from({ length: 3 }, (_, value) => ({ value })));
  assertEquals(await nextValues(slow, 3), [0, 1, 2]);
  await orders.publishMany(Array.from({ length: 4 }, (_, value) => ({ value })));
  const error = await assertRejects(() => slow.next(), DariError);
  assertEquals(error.code, "resource_exhausted");
  assertEquals(error.message.includes('4 messages behind; go on from "orders:3"'), true);
  assertEquals(kept.topics.subscriptions, 0);
});

inEachForm(
  "a topic that keeps nothing has topicTailCount messages for slow readers; then they choose",
  async (form) => {
    await using kept = await openTestTopics({ form });
    const prices = kept.topics.topic<number>("prices");
    await prices.configure({ kept: false });
    const { topicTailCount: most, maxTopicBehind: maxBehind } = limits;
    const dropping = prices.subscribe({ maxBehind });
    const waiting = prices.subscribe({ maxBehind, whenSlow: "wait" });
    const batch = (count: number) => Array.from({ length: count }, (_, value) => ({ value }));
    for (const each of [dropping, waiting]) {
      const next = each.next(); // it has begun by the time that this comes
      await prices.publish(-1);
      await next;
    }
    await prices.publishMany(batch(most / 4));
    for (let round = 0; round < 4; round++) await prices.publishMany(batch(most / 4));
    await prices.publish(9);
    const { value } = await dropping.next();
    // One of them came while the second reader began.
    assertEquals([value?.value, value?.dropped], [1, most / 4 + 2]);
    const error = await assertRejects(() => waiting.next(), DariError, "was cut");
    assertEquals(error.message.includes("go on from"), false);
  },
);

inEachForm("leaving ends a wait, and a signal ends it with its reason", async (form) => {
  await using kept = await openTestTopics({ form });
  const orders = kept.topics.topic("orders");
  const left = orders.subscribe();
  const waiting = left.next();
  await left.return();
  assertEquals(await waiting, { done: true, value: undefined });
  const gone = new AbortController();
  const reading = orders.subscribe({ signal: gone.signal });
  const next = reading.next();
  gone.abort(new Error("enough"));
  await assertRejects(() => next, Error, "enough");
  assertEquals(kept.topics.subscriptions, 0);
});

inEachForm("reads of several callers at once each get a message of their own", async (form) => {
  await using kept = await openTestTopics({ form });
  const orders = kept.topics.topic<number>("orders");
  const reading = orders.subscribe();
  const reads = Array.from({ length: 5 }, () => reading.next());
  await orders.publishMany(Array.from({ length: 5 }, (_, value) => ({ value })));
  const values = (await Promise.all(reads)).map(({ value }) => value?.value);
  assertEquals(values, [0, 1, 2, 3, 4]);
});

inEachForm(
  "a subscription whose time is over gives what it has read, and says where to go on",
  async (form) => {
    await using kept = await openTestTopics({ form });
    await kept.topics.topic("orders").publishMany([1, 2, 3].map((value) => ({ value })));
    const { topics } = kept;
    const over = topics.as("alice").subscribe("orders", { endsInMs: 0 });
    const reading = topics.as("alice").subscribe("orders", { from: "first", endsInMs: 1 });
    assertEquals(await over.next(), { done: true, value: { cursor: "orders:3" } });
    const values: unknown[] = [];
    for (let item = await reading.next();; item = await reading.next()) {
      if (item.done) {
        const place = item.value?.cursor;
        const rest = topics.topic<number>("orders").subscribe({ from: place });
        while (values.length < 3) values.push((await rest.next()).value?.value);
        break;
      }
      values.push(item.value.value);
    }
    assertEquals(values, [1, 2, 3]);
    const group = topics.as("alice").subscribe("orders", { group: "all", endsInMs: 1 });
    assertEquals(await group.next(), { done: true, value: {} });
    assertEquals(topics.subscriptions, 1); // that of the rest
  },
);
