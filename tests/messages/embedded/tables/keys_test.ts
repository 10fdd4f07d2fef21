import { assertEquals } from "@std/assert";
import { inEachForm, openTestQueues } from "../../../support/queues.ts";

const numbered = (key: string, count: number) =>
  Array.from({ length: count }, (_, at) => ({ value: `${key}${at + 1}`, key }));

inEachForm(
  "one message of a key is at work at a time, in the order in which they were put",
  async (form) => {
    await using kept = await openTestQueues({ form });
    const queue = kept.queues.queue<string>("orders");
    await queue.putMany([...numbered("a", 3), ...numbered("b", 1), { value: "free" }]);
    const first = await queue.takeMany({ max: 10 });
    assertEquals(first.map(({ value }) => value), ["a1", "b1", "free"]);
    assertEquals((await queue.show()).waiting, 2);
    await first[0]!.ack();
    const second = await queue.take();
    assertEquals(second?.value, "a2");
    // A pause after a failure holds the others of its key back, so that none overtakes it.
    await second?.nack({ delayMs: 1_000 });
    assertEquals(await queue.take(), null);
    kept.clock.advance(1_000);
    const again = await queue.take();
    assertEquals([again?.value, again?.tries], ["a2", 2]);
    await again?.nack({ dead: true });
    assertEquals((await queue.take())?.value, "a3");
  },
);

inEachForm("keyConcurrency lets several messages of a key be at work", async (form) => {
  await using kept = await openTestQueues({ form });
  const queue = kept.queues.queue<string>("orders");
  await queue.configure({ keyConcurrency: 2 });
  await queue.putMany(numbered("a", 4));
  const [one, two, ...none] = await queue.takeMany({ max: 10 });
  assertEquals([one?.value, two?.value, none.length], ["a1", "a2", 0]);
  await two?.ack();
  assertEquals((await queue.take())?.value, "a3");
  await queue.configure({ keyConcurrency: 3 });
  await one?.ack();
  assertEquals((await queue.take())?.value, "a4");
});

inEachForm("a key that is kept back takes no message away from other keys", async (form) => {
  await using kept = await openTestQueues({ form });
  const queue = kept.queues.queue<string>("orders");
  for (let part = 0; part < 4; part++) await queue.putMany(numbered("busy", 500));
  await queue.put("calm", { key: "calm" });
  const taken = await queue.takeMany({ max: 10 });
  assertEquals(taken.map(({ value }) => value), ["busy1", "calm"]);
});

inEachForm("keyRate spreads the messages of a key evenly", async (form) => {
  await using kept = await openTestQueues({ form });
  const queue = kept.queues.queue<string>("orders");
  await queue.configure({ keyRate: { count: 2, perMs: 1_000 } });
  await queue.putMany([...numbered("a", 3), ...numbered("b", 1)]);
  const values: string[] = [];
  for (let step = 0; step < 12; step++) {
    for (const message of await queue.takeMany({ max: 10 })) {
      values.push(`${message.value} at ${step * 100}`);
      await message.ack();
    }
    kept.clock.advance(100);
  }
  assertEquals(values, ["a1 at 0", "b1 at 0", "a2 at 500", "a3 at 1000"]);
  kept.clock.advance(1_000);
  await queue.put("c", { key: "c" });
  await queue.take();
  const [{ count } = { count: -1 }] = await kept.store.query((sql) =>
    sql.all<{ count: number }>("SELECT count(*) AS count FROM queue_keys WHERE key <> 'c'")
  );
  assertEquals(count, 0); // keys that nothing waits for take no room
});

inEachForm(
  "a delayed message stands behind those of its key that were there before it",
  async (form) => {
    await using kept = await openTestQueues({ form });
    const queue = kept.queues.queue<string>("orders");
    await queue.put("late", { key: "a", delayMs: 1_000 });
    await queue.put("early", { key: "a" });
    const early = await queue.take();
    assertEquals(early?.value, "early");
    kept.clock.advance(1_000);
    assertEquals(await queue.take(), null);
    await early?.ack();
    assertEquals((await queue.take())?.value, "late");
  },
);
