import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../../lib/base/errors.ts";
import { limits } from "../../../../lib/base/limits.ts";
import { inEachForm, openTestQueues } from "../../../support/queues.ts";

inEachForm(
  "dead letters are put back one by one or all at once, with their tries counted anew",
  async (form) => {
    await using kept = await openTestQueues({ form });
    const queue = kept.queues.queue<number>("numbers");
    await queue.putMany([{ value: 1 }, { value: 2 }, { value: 3 }]);
    for (const message of await queue.takeMany({ max: 3 })) await message.nack({ dead: true });
    const letters = await queue.dead();
    assertEquals(letters.map(({ value }) => value), [1, 2, 3]);
    assertEquals((await queue.dead({ after: letters[0]!.number, limit: 1 }))[0]?.value, 2);
    assertEquals(await queue.retry([letters[1]!.number]), { retried: 1 });
    assertEquals((await queue.take())?.value, 2);
    const missing = await assertRejects(() => queue.retry([letters[1]!.number]), DariError);
    assertEquals(missing.code, "not_found");
    assertEquals(await queue.retry(), { retried: 2 });
    const back = await queue.takeMany({ max: 3 });
    assertEquals(back.map(({ value, tries }) => [value, tries]), [[1, 1], [3, 1]]);
  },
);

inEachForm("a retry of several dead letters happens to all of them or to none", async (form) => {
  await using kept = await openTestQueues({ form });
  const queue = kept.queues.queue<number>("numbers");
  await queue.put(1);
  const message = await queue.take();
  await message?.nack({ dead: true });
  const [letter] = await queue.dead();
  await assertRejects(() => queue.retry([letter!.number, 999]), DariError, "no dead letter 999");
  assertEquals([(await queue.dead()).length, await queue.take()], [1, null]);
});

inEachForm("nothing is taken from a queue that is paused", async (form) => {
  await using kept = await openTestQueues({ form, pollMs: 2 ** 30 });
  const queue = kept.queues.queue<string>("emails");
  await queue.put("hello");
  assertEquals((await queue.pause()).isPaused, true);
  assertEquals(await queue.take(), null);
  const waiting = queue.take({ waitMs: 60_000 });
  await queue.resume();
  assertEquals((await waiting)?.value, "hello");
});

inEachForm(
  "purge() removes what waits and leaves what is at work and what is dead",
  async (form) => {
    await using kept = await openTestQueues({ form });
    const queue = kept.queues.queue<number>("numbers");
    const many = Array.from({ length: 2 * limits.purgeStepCount }, (_, value) => ({ value }));
    for (let part = 0; part < many.length; part += 500) {
      await queue.putMany(many.slice(part, part + 500));
    }
    await queue.putMany([{ value: 1, key: "a" }, { value: 2, key: "a" }, { value: 3, delayMs: 9 }]);
    const [working, dead] = await queue.takeMany({ max: 2 });
    await dead?.nack({ dead: true });
    assertEquals(await queue.purge(), { removed: many.length + 1 });
    const { waiting, delayed, leased, bytes } = await queue.show();
    assertEquals([waiting, delayed, leased, bytes], [0, 0, 1, 1]);
    await working?.ack();
    assertEquals([await queue.purge({ dead: true }), (await queue.show()).dead], [
      { removed: 1 },
      0,
    ]);
    await queue.put(4, { key: "a" });
    assertEquals((await queue.take())?.value, 4);
  },
);

inEachForm(
  "a store holds maxQueues, and a queue that was never put to is not found",
  async (form) => {
    await using kept = await openTestQueues({ form });
    await assertRejects(() => kept.queues.queue("none").show(), DariError, "There is no queue");
    assertEquals(await kept.queues.queue("none").take(), null);
    await kept.store.transact((sql) => {
      for (let number = 1; number <= limits.maxQueues - 1; number++) {
        sql.run(
          "INSERT INTO queues VALUES (NULL, ?, '{}', 0, 0, 0, 0, 0, 0, 0, 0, 0)",
          `q${number}`,
        );
      }
    });
    await kept.queues.queue("last").put(1);
    const error = await assertRejects(() => kept.queues.queue("more").put(1), DariError);
    assertEquals(error.code, "resource_exhausted");
    assertEquals((await kept.queues.states()).length, limits.maxQueues);
  },
);

inEachForm(
  "what administrators do is recorded before it is done, and not done without",
  async (form) => {
    const kept: string[] = [];
    let isFull = false;
    const audit = {
      record({ kind, by, about }: { kind: string; by: string; about: string }) {
        if (isFull) return Promise.reject(new DariError("resource_exhausted", "full"));
        kept.push(`${by} ${kind} ${about}`);
        return Promise.resolve();
      },
    };
    await using test = await openTestQueues({ form, audit });
    const admin = test.queues.as("alice");
    await admin.configure("emails", { maxTries: 1 });
    await admin.put("emails", [{ value: 1 }]);
    await admin.pause("emails");
    await admin.resume("emails");
    isFull = true;
    await assertRejects(() => admin.purge("emails"), DariError, "full");
    assertEquals((await admin.show("emails")).waiting, 1);
    isFull = false;
    await admin.purge("emails");
    await admin.retry("emails");
    assertEquals(kept, [
      "alice queue.configured emails",
      "alice queue.paused emails",
      "alice queue.resumed emails",
      "alice queue.purged emails",
      "alice queue.retried emails",
    ]);
  },
);
