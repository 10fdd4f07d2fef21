import { assertEquals } from "@std/assert";
import { limits } from "../../../../lib/base/limits.ts";
import { inEachForm, openTestQueues } from "../../../support/queues.ts";

const many = (count: number) => Array.from({ length: count }, (_, value) => ({ value }));

inEachForm("concurrency bounds how many messages of a queue are at work", async (form) => {
  await using kept = await openTestQueues({ form, pollMs: 2 ** 30 });
  const queue = kept.queues.queue<number>("numbers");
  await queue.configure({ concurrency: 2 });
  await queue.putMany(many(4));
  const taken = await queue.takeMany({ max: 10 });
  assertEquals(taken.length, 2);
  assertEquals(await queue.take(), null);
  const waiting = queue.take({ waitMs: 60_000 });
  await taken[0]?.ack(); // which makes room
  assertEquals((await waiting)?.value, 2);
});

inEachForm("rate bounds how many messages of a queue are taken in a time", async (form) => {
  await using kept = await openTestQueues({ form });
  const queue = kept.queues.queue<number>("numbers");
  await queue.configure({ rate: { count: 3, perMs: 1_000 } });
  await queue.putMany(many(20));
  const counts: number[] = [];
  for (let step = 0; step < 6; step++) {
    counts.push((await queue.takeMany({ max: 20 })).length);
    kept.clock.advance(500);
  }
  assertEquals(counts, [3, 1, 2, 1, 2, 1]);
  kept.clock.advance(3_600_000); // a long pause gives no more than the count
  assertEquals((await queue.takeMany({ max: 20 })).length, 3);
});

inEachForm("a caller that waits for the rate gets its message when it allows one", async (form) => {
  await using kept = await openTestQueues({ form });
  const queue = kept.queues.queue<number>("numbers");
  await queue.configure({ rate: { count: 1, perMs: 1_000 } });
  await queue.putMany(many(2));
  await queue.take();
  const waiting = queue.take({ waitMs: 60_000 });
  kept.clock.advance(1_000);
  assertEquals((await waiting)?.value, 1);
});

inEachForm("a take gives no more than maxTakeBytes, and always one message", async (form) => {
  await using kept = await openTestQueues({ form });
  const queue = kept.queues.queue<string>("texts");
  const value = "x".repeat(limits.maxQueueMessageBytes - 2);
  const fits = limits.maxTakeBytes / limits.maxQueueMessageBytes;
  for (let count = 0; count < fits + 1; count++) await queue.put(value);
  assertEquals((await queue.takeMany({ max: 10 })).length, fits);
  assertEquals((await queue.takeMany({ max: 10 })).length, 1);
});

inEachForm("several messages of one take have a lease each", async (form) => {
  await using kept = await openTestQueues({ form });
  const queue = kept.queues.queue<number>("numbers");
  await queue.putMany(many(3));
  const taken = await queue.takeMany({ max: 3, leaseMs: 1_000 });
  assertEquals(taken.map(({ value, tries }) => [value, tries]), [[0, 1], [1, 1], [2, 1]]);
  assertEquals(new Set(taken.map(({ lease }) => lease.split(".")[1])).size, 3);
  await taken[1]!.ack();
  kept.clock.advance(1_001);
  const again = await queue.takeMany({ max: 3 });
  assertEquals(again.map(({ value, tries }) => [value, tries]), [[0, 2], [2, 2]]);
});

inEachForm(
  "takes of one write get no more than there is, or than the queue lends",
  async (form) => {
    await using kept = await openTestQueues({ form });
    const [few, bounded] = ["few", "bounded"].map((name) => kept.queues.queue<number>(name));
    await bounded!.configure({ concurrency: 3 });
    await Promise.all([few!.putMany(many(2)), bounded!.putMany(many(10))]);
    const counts = await Promise.all([
      ...[1, 5, 1].map((max) => few!.takeMany({ max })),
      ...[2, 5, 1].map((max) => bounded!.takeMany({ max })),
    ]);
    assertEquals(counts.map(({ length }) => length), [1, 1, 0, 2, 1, 0]);
  },
);
