import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../../lib/base/errors.ts";
import { limits } from "../../../../lib/base/limits.ts";
import { nextValues, openTestTopics } from "../../../support/topics.ts";
import { inEachForm } from "../../../support/queues.ts";

inEachForm("a topic keeps as many messages, and as many bytes, as it is set to", async (form) => {
  await using kept = await openTestTopics({ form });
  const orders = kept.topics.topic<string>("orders");
  await orders.configure({ maxMessages: 3 });
  for (const value of ["a", "b", "c", "d", "e"]) await orders.publish(value);
  assertEquals((await orders.show()).messages, 3);
  assertEquals(await nextValues(orders.subscribe({ from: "first" }), 3), ["c", "d", "e"]);
  await orders.configure({ maxBytes: 10 }); // a message of one character has 3 bytes
  await orders.publish("f");
  const { messages, bytes } = await orders.show();
  assertEquals([messages, bytes], [3, 9]);
  await orders.publish("12345678");
  assertEquals((await orders.show()).messages, 1);
  const error = await assertRejects(() => orders.publish("123456789"), DariError, "keeps 10 bytes");
  assertEquals([error.code, error.retryable], ["resource_exhausted", false]);
});

inEachForm(
  "names whose messages are gone are gone, and those with newer ones stay",
  async (form) => {
    await using kept = await openTestTopics({ form });
    await kept.topics.topic("rooms").configure({ maxMessages: 2 });
    for (const name of ["rooms.a", "rooms.b", "rooms.b", "rooms.c"]) {
      await kept.topics.topic(name).publish(name);
    }
    const last = kept.topics.topic<string>("rooms.>").subscribe({ last: true });
    assertEquals(await nextValues(last, 2), ["rooms.b", "rooms.c"]);
    const names = await kept.store.query((sql) =>
      sql.all<{ name: string }>("SELECT name FROM topic_names ORDER BY name")
    );
    assertEquals(names.map(({ name }) => name), ["rooms.b", "rooms.c"]);
  },
);

inEachForm("messages that are too old go with the next message, or with a sweep", async (form) => {
  await using kept = await openTestTopics({ form });
  const { topics, clock } = kept;
  const orders = topics.topic<number>("orders");
  await orders.configure({ maxAgeMs: 1_000 });
  await orders.publish(1);
  clock.advance(999);
  await topics.sweep();
  assertEquals((await orders.show()).messages, 1);
  await orders.publish(2);
  clock.advance(1);
  await orders.publish(3);
  assertEquals(await nextValues(orders.subscribe({ from: "first" }), 2), [2, 3]);
  clock.advance(1_000);
  await topics.sweep();
  const { messages, oldestAtMs } = await orders.show();
  assertEquals([messages, oldestAtMs], [0, undefined]);
  assertEquals((await orders.publish(4)).cursor, "orders:4");
  assertEquals(limits.topicSweepEveryMs >= 1_000, true);
});

inEachForm("a request removes topicTrimCount messages beside those that it adds", async (form) => {
  await using kept = await openTestTopics({ form });
  const orders = kept.topics.topic<number>("orders");
  const { topicTrimCount: most } = limits;
  await orders.publishMany(Array.from({ length: most + 5 }, (_, value) => ({ value })));
  await orders.configure({ maxMessages: 1 });
  await orders.publish(-1);
  assertEquals((await orders.show()).messages, 5);
  await orders.publish(-2);
  assertEquals((await orders.show()).messages, 1);
});
