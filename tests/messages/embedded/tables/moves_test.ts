import { assertEquals } from "@std/assert";
import { limits } from "../../../../lib/base/limits.ts";
import { inEachForm, openTestQueues } from "../../../support/queues.ts";

const HOUR_MS = 3_600_000;

inEachForm(
  "a delayed message is taken when its time has come, and a waiting caller gets it then",
  async (form) => {
    await using kept = await openTestQueues({ form });
    const queue = kept.queues.queue<string>("emails");
    await queue.put("later", { delayMs: 60_000 });
    assertEquals(await queue.take(), null);
    assertEquals((await queue.show()).delayed, 1);
    const waiting = queue.take({ waitMs: 60_000 });
    kept.clock.advance(60_000);
    assertEquals((await waiting)?.value, "later");
  },
);

inEachForm(
  "messages that waited too long are dead letters, and old dead letters are removed",
  async (form) => {
    await using kept = await openTestQueues({ form });
    const queue = kept.queues.queue<string>("emails");
    await queue.configure({ maxAgeMs: HOUR_MS, deadAgeMs: 2 * HOUR_MS });
    await queue.putMany([{ value: "old" }, { value: "keyed", key: "a" }, {
      value: "held",
      key: "a",
    }]);
    kept.clock.advance(HOUR_MS);
    await queue.put("new");
    const fresh = await queue.take();
    assertEquals(fresh?.value, "new");
    await fresh?.ack();
    assertEquals((await queue.dead()).map(({ value }) => value), ["old", "keyed", "held"]);
    kept.clock.advance(2 * HOUR_MS);
    await queue.put("newer");
    await queue.take();
    assertEquals((await queue.dead()).length, 0);
  },
);

inEachForm("dead letters are kept for deadLetterAgeMs and no longer", async (form) => {
  await using kept = await openTestQueues({ form });
  const queue = kept.queues.queue<string>("emails");
  await queue.put("hello");
  await (await queue.take())?.nack({ dead: true });
  const look = async () => {
    await queue.take();
    return (await queue.dead()).length;
  };
  kept.clock.advance(limits.deadLetterAgeMs - 1);
  assertEquals(await look(), 1);
  kept.clock.advance(1);
  await queue.configure({ maxTries: 1 }); // a look without a message writes nothing
  await queue.put("more");
  assertEquals(await look(), 0);
});

inEachForm(
  "more messages are due at once than queueMoveCount, and all of them come",
  async (form) => {
    await using kept = await openTestQueues({ form });
    const queue = kept.queues.queue<number>("numbers");
    const count = limits.queueMoveCount + 1;
    await queue.putMany(Array.from({ length: count }, (_, value) => ({ value, delayMs: 1_000 })));
    kept.clock.advance(1_000);
    const first = await queue.takeMany({ max: count });
    assertEquals(first.length, limits.queueMoveCount);
    assertEquals((await queue.takeMany({ max: count })).length, 1);
  },
);
