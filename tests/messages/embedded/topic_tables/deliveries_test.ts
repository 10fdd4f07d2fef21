import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../../lib/base/errors.ts";
import { limits } from "../../../../lib/base/limits.ts";
import { nextValues, openTestTopics, type TestTopics } from "../../../support/topics.ts";
import { inEachForm } from "../../../support/queues.ts";

const FROM_FIRST = { group: "billing", from: "first" } as const;

/** The only group of "orders". */
async function groupOf({ topics }: TestTopics) {
  return (await topics.topic("orders").show()).groups[0]!;
}

inEachForm("messages that were removed before the group got them are counted", async (form) => {
  await using kept = await openTestTopics({ form });
  const orders = kept.topics.topic<number>("orders");
  await orders.configure({ maxMessages: 2 });
  const member = orders.subscribe(FROM_FIRST);
  const next = member.next();
  await orders.publish(1);
  await next;
  for (let value = 2; value <= 6; value++) await orders.publish(value);
  kept.clock.advance(limits.leaseMs);
  const { value } = await orders.subscribe(FROM_FIRST).next();
  assertEquals(value!.value, 5);
  const { missed, cursor } = await groupOf(kept);
  assertEquals([missed, cursor], [4, "orders:4"]); // 2, 3 and 4, and the one that was held
});

inEachForm(
  "a group holds maxOpenDeliveries, and others wait until some are answered",
  async (form) => {
    await using kept = await openTestTopics({ form });
    const orders = kept.topics.topic<number>("orders");
    const { maxOpenDeliveries: most, maxTopicPrefetch: prefetch, maxMessageBatch } = limits;
    for (let at = 0; at < most + maxMessageBatch; at += maxMessageBatch) {
      await orders.publishMany(Array.from({ length: maxMessageBatch }, (_, value) => ({ value })));
    }
    const members = Array.from(
      { length: most / prefetch },
      () => orders.subscribe({ ...FROM_FIRST, prefetch }),
    );
    for (const member of members) await nextValues(member, prefetch);
    assertEquals((await groupOf(kept)).open, most);
    const waiting = orders.subscribe({ ...FROM_FIRST, prefetch }).next();
    await members[0]!.return();
    assertEquals((await waiting).value!.value, 0);
  },
);

inEachForm(
  "a step gives a member topicReadBytes of messages, and the next ones follow",
  async (form) => {
    await using kept = await openTestTopics({ form });
    const orders = kept.topics.topic<string>("orders");
    const half = "a".repeat(limits.topicReadBytes / 2);
    await orders.publishMany([{ value: half }, { value: half }, { value: half }]);
    const member = orders.subscribe({ ...FROM_FIRST, prefetch: 10 });
    await member.next();
    assertEquals((await groupOf(kept)).open, 2);
    await nextValues(member, 2);
    assertEquals((await groupOf(kept)).open, 3);
  },
);
inEachForm("a store holds maxTopicGroups", async (form) => {
  await using kept = await openTestTopics({ form });
  const orders = kept.topics.topic<number>("orders");
  await orders.publish(1);
  await kept.store.transact((sql) => {
    for (let number = 1; number < limits.maxTopicGroups; number++) {
      sql.run("INSERT INTO topic_groups VALUES (NULL, 1, ?, 'orders', 1, 0, 0)", `g${number}`);
    }
  });
  await orders.subscribe({ group: "last", from: "first" }).next();
  const error = await assertRejects(() => orders.subscribe({ group: "more" }).next(), DariError);
  assertEquals([error.code, error.retryable], ["resource_exhausted", false]);
});
