import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../../lib/base/errors.ts";
import { limits } from "../../../../lib/base/limits.ts";
import { inEachForm, openTestQueues } from "../../../support/queues.ts";

inEachForm("a message with an id is put once, until a while after it is done", async (form) => {
  await using kept = await openTestQueues({ form });
  const queue = kept.queues.queue<number>("orders");
  const first = await queue.put(1, { id: "order-1" });
  assertEquals(await queue.put(1, { id: "order-1" }), { ...first, isDuplicate: true });
  const both = await queue.putMany([{ value: 2, id: "order-2" }, { value: 3, id: "order-2" }]);
  assertEquals(both.map(({ isDuplicate }) => isDuplicate), [false, true]);
  const message = await queue.take();
  await message?.ack();
  assertEquals((await queue.put(1, { id: "order-1" })).isDuplicate, true);
  kept.clock.advance(limits.messageIdMs);
  assertEquals((await queue.put(1, { id: "order-1" })).isDuplicate, false);
  // The same id in another queue is another message.
  assertEquals((await kept.queues.queue("others").put(1, { id: "order-1" })).isDuplicate, false);
});

inEachForm("a queue holds maxBytes and refuses the message beyond", async (form) => {
  await using kept = await openTestQueues({ form });
  const queue = kept.queues.queue<string>("emails");
  await queue.configure({ maxBytes: 20, maxDeadBytes: 20 });
  await queue.putMany([{ value: "12345678" }, { value: "12345678" }]); // ten bytes each
  const full = await assertRejects(() => queue.put(""), DariError, 'Queue "emails" is full');
  assertEquals([full.code, full.retryable], ["resource_exhausted", true]);
  for (const message of await queue.takeMany({ max: 2 })) await message.nack({ dead: true });
  await queue.put("12345678");
  const message = await queue.take();
  await message?.nack({ dead: true }); // the oldest dead letter makes room for it
  assertEquals((await queue.dead()).map(({ number }) => number), [2, 3]);
});

inEachForm("a queue that nobody has set holds maxQueueBytes", async (form) => {
  await using kept = await openTestQueues({ form });
  const queue = kept.queues.queue<string>("emails");
  await queue.put("");
  await kept.store.transact((sql) =>
    sql.run("UPDATE queues SET bytes = ?", limits.maxQueueBytes - 2)
  );
  await queue.put("");
  await assertRejects(() => queue.put(""), DariError, "is full");
});
