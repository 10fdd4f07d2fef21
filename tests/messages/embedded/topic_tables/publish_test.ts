import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../../lib/base/errors.ts";
import { limits } from "../../../../lib/base/limits.ts";
import { openTestTopics } from "../../../support/topics.ts";
import { inEachForm } from "../../../support/queues.ts";

inEachForm("a store holds maxTopics, and those that are there take messages on", async (form) => {
  await using kept = await openTestTopics({ form });
  await kept.store.transact((sql) => {
    for (let number = 1; number < limits.maxTopics; number++) {
      sql.run("INSERT INTO topics VALUES (NULL, ?, '{}', 1, 0, 0, 0, 0)", `t${number}`);
    }
  });
  await kept.topics.topic("last").publish(1);
  const error = await assertRejects(() => kept.topics.topic("more").publish(1), DariError);
  assertEquals([error.code, error.retryable], ["resource_exhausted", false]);
  assertEquals((await kept.topics.topic("last.part").publish(1)).cursor, "last:2");
});

inEachForm(
  "values that cannot be stored and those over maxQueueMessageBytes are refused",
  async (form) => {
    await using kept = await openTestTopics({ form });
    const orders = kept.topics.topic<unknown>("orders");
    const most = "a".repeat(limits.maxQueueMessageBytes - 2);
    await orders.publish(most);
    const error = await assertRejects(() => orders.publish(`${most}a`), DariError, "too large");
    assertEquals(error.code, "resource_exhausted");
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    await assertRejects(() => orders.publish(cyclic as never), DariError);
    await assertRejects(() => orders.publishMany([{ value: 1 }, { value: `${most}a` }]), DariError);
    assertEquals((await orders.show()).messages, 1);
  },
);

inEachForm("ids that may be used again are forgotten with later messages", async (form) => {
  await using kept = await openTestTopics({ form });
  const orders = kept.topics.topic<number>("orders");
  await orders.publishMany([1, 2, 3].map((value) => ({ value, id: `${value}` })));
  kept.clock.advance(limits.messageIdMs);
  await orders.publish(4);
  await orders.publish(5);
  const left = await kept.store.query((sql) => sql.all("SELECT id FROM topic_ids"));
  assertEquals(left, []);
});
