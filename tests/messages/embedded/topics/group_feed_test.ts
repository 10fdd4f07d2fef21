import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError, TransportError } from "../../../../lib/base/errors.ts";
import { limits } from "../../../../lib/base/limits.ts";
import type { TopicMessage } from "../../../../lib/messages/topic/operations.ts";
import type { GroupFeed } from "../../../../lib/messages/embedded/topics/group_feed.ts";
import { ItemPump } from "../../../../lib/rpc/stream/item_pump.ts";
import { nextValues, openTestTopics, type TestTopics } from "../../../support/topics.ts";
import { assertPause, inEachForm } from "../../../support/queues.ts";

const FROM_FIRST = { group: "billing", from: "first" } as const;

/** The only group of "orders". */
async function groupOf({ topics }: TestTopics) {
  return (await topics.topic("orders").show()).groups[0]!;
}

inEachForm(
  "members share the messages, and the group's place follows what is done",
  async (form) => {
    await using kept = await openTestTopics({ form });
    const orders = kept.topics.topic<number>("orders");
    await orders.publishMany([1, 2, 3, 4].map((value) => ({ value })));
    const one = orders.subscribe(FROM_FIRST);
    const other = orders.subscribe({ group: "billing" });
    const { value: first } = await one.next();
    const { value: second } = await other.next();
    assertEquals([first!.value, second!.value, first!.tries], [1, 2, 1]);
    await second!.ack();
    // The first one is not done: the place stays before it.
    assertEquals((await groupOf(kept)).cursor, "orders:0");
    await first!.ack();
    assertEquals((await groupOf(kept)).cursor, "orders:2");
    const { value: third } = await one.next();
    assertEquals(third!.value, 3);
    const late = await assertRejects(() => first!.ack(), DariError);
    assertEquals([late.code, late.retryable], ["failed_precondition", false]);
  },
);

inEachForm(
  "what a member did not answer goes to others as soon as it leaves, and is not tried",
  async (form) => {
    await using kept = await openTestTopics({ form, pollMs: 2 ** 30 });
    const orders = kept.topics.topic<number>("orders");
    const leaving = orders.subscribe({ ...FROM_FIRST, prefetch: 2 });
    const staying = orders.subscribe({ group: "billing" });
    await orders.publishMany([{ value: 1 }, { value: 2 }]);
    assertEquals(await nextValues(leaving, 2), [1, 2]);
    const next = staying.next();
    await leaving.return();
    const { value } = await next;
    assertEquals([value!.value, value!.tries], [1, 1]);
  },
);

inEachForm(
  "what a member that died did not answer goes to others when its lease ends",
  async (form) => {
    await using kept = await openTestTopics({ form });
    const orders = kept.topics.topic<number>("orders");
    await orders.publish(1);
    const dead = orders.subscribe({ ...FROM_FIRST, leaseMs: 1_000 });
    const { value: held } = await dead.next();
    const next = orders.subscribe({ group: "billing" }).next();
    kept.clock.advance(500);
    await held!.extend();
    kept.clock.advance(999);
    assertEquals((await groupOf(kept)).open, 1);
    kept.clock.advance(1);
    const { value } = await next;
    assertEquals([value!.value, value!.tries], [1, 2]);
    await assertRejects(() => held!.ack(), DariError, "not yours to answer");
    await assertRejects(() => held!.extend(), DariError, "not yours to answer");
    await value!.ack();
  },
);

inEachForm(
  "a lease lasts as long as it is, however the clock is set while no process runs",
  async (form) => {
    await using kept = await openTestTopics({ form });
    const orders = kept.topics.topic<number>("orders");
    await orders.publish(1);
    await orders.subscribe({ ...FROM_FIRST, leaseMs: 1_000 }).next();
    kept.clock.step(-3_600_000);
    await using near = await openTestTopics({ form, beside: kept });
    const next = near.topics.topic<number>("orders").subscribe({ group: "billing" }).next();
    await near.topics.topic("orders").publish(2);
    const { value: second } = await next;
    assertEquals(second!.value, 2);
    await second!.ack();
    const again = near.topics.topic<number>("orders").subscribe({ group: "billing" }).next();
    kept.clock.advance(1_000);
    assertEquals((await again).value!.value, 1);
  },
);

inEachForm(
  "a message that is given back is tried again after a pause, and given up in the end",
  async (form) => {
    await using kept = await openTestTopics({ form });
    const orders = kept.topics.topic<number>("orders");
    await orders.configure({ maxTries: 2, backoffMs: 4_000 });
    await orders.publishMany([{ value: 1 }, { value: 2 }, { value: 3 }]);
    const member = orders.subscribe(FROM_FIRST);
    const { value: first } = await member.next();
    const { isDead, dueAtMs } = await first!.nack({ reason: "busy" });
    assert(!isDead);
    assertPause(form, dueAtMs! - kept.clock.now(), 4_000);
    const { value: second } = await member.next();
    assertEquals(second!.value, 2); // it does not wait for the first
    await second!.ack();
    assertEquals((await groupOf(kept)).cursor, "orders:0");
    kept.clock.advance(4_000);
    const { value: again } = await member.next();
    assertEquals([again!.value, again!.tries], [1, 2]);
    assertEquals(await again!.nack(), { isDead: true });
    const { value: third } = await member.next();
    assertEquals(await third!.nack({ dead: true }), { isDead: true });
    const { cursor, givenUp, open } = await groupOf(kept);
    assertEquals([cursor, givenUp, open], ["orders:3", 2, 0]);
    assertEquals((await orders.show()).messages, 3); // they are still there to be read
  },
);

inEachForm(
  "a member that never comes to an end uses up the tries of its message, and no others",
  async (form) => {
    await using kept = await openTestTopics({ form });
    const orders = kept.topics.topic<string>("orders");
    await orders.configure({ maxTries: 3 });
    await orders.publish("poison");
    for (let round = 0; round < 3; round++) {
      const { value } = await orders.subscribe(FROM_FIRST).next();
      assertEquals([value!.value, value!.tries], ["poison", round + 1]);
      kept.clock.advance(limits.leaseMs);
    }
    await orders.publish("good");
    const { value } = await orders.subscribe(FROM_FIRST).next();
    assertEquals(value!.value, "good");
    assertEquals((await groupOf(kept)).givenUp, 1);
  },
);

inEachForm(
  "a member has as many messages as its prefetch, and one more for each that it answers",
  async (form) => {
    await using kept = await openTestTopics({ form, pollMs: 2 ** 30 });
    const orders = kept.topics.topic<number>("orders");
    const greedy = orders.subscribe({ ...FROM_FIRST, prefetch: 2 });
    const { value: begun } = await (async () => {
      await orders.publishMany([1, 2, 3].map((value) => ({ value })));
      return await greedy.next();
    })();
    await greedy.next();
    const third = greedy.next();
    assertEquals((await groupOf(kept)).open, 2);
    await begun!.ack();
    assertEquals((await third).value!.value, 3);
  },
);

inEachForm(
  "a thousand members share what is published, and each message goes to one of them",
  async (form) => {
    await using kept = await openTestTopics({ form, pollMs: 2 ** 30 });
    const orders = kept.topics.topic<number>("orders.>");
    const members = Array.from({ length: 1_000 }, () => orders.subscribe({ group: "billing" }));
    const values: number[] = [];
    const works = members.map(async (member) => {
      const { value } = await member.next();
      values.push(value!.value);
      await value!.ack();
    });
    const published = kept.topics.topic<number>("orders.1");
    await published.publishMany(Array.from({ length: 1_000 }, (_, value) => ({ value })));
    await Promise.all(works);
    assertEquals(values.sort((a, b) => a - b), Array.from({ length: 1_000 }, (_, value) => value));
    assertEquals((await groupOf(kept)).cursor, "orders:1000");
  },
);

inEachForm("a pattern belongs to the group, and what does not fit is passed over", async (form) => {
  await using kept = await openTestTopics({ form });
  const paid = kept.topics.topic<number>("orders.*.paid");
  await kept.topics.topic("orders").publishMany(
    Array.from(
      { length: limits.maxMessageBatch },
      (_, value) => ({ value, topic: "orders.1.sent" }),
    ),
  );
  await kept.topics.topic("orders.1.sent").publish(0);
  await kept.topics.topic("orders.1.paid").publish(7);
  const member = paid.subscribe(FROM_FIRST);
  const { value } = await member.next();
  assertEquals([value!.value, value!.cursor], [7, "orders:1002"]);
  await value!.ack();
  assertEquals((await groupOf(kept)).behind, 0);
  const other = kept.topics.topic("orders.>").subscribe({ group: "billing" }).next();
  const error = await assertRejects(() => other, DariError, 'gets "orders.*.paid"');
  assertEquals(error.code, "failed_precondition");
});

inEachForm("a group that is there goes on where it is, whatever a member says", async (form) => {
  await using kept = await openTestTopics({ form });
  const orders = kept.topics.topic<number>("orders");
  await orders.publishMany([{ value: 1 }, { value: 2 }]);
  const first = orders.subscribe(FROM_FIRST);
  await (await first.next()).value!.ack();
  await first.return();
  const { value } = await orders.subscribe(FROM_FIRST).next();
  assertEquals(value!.value, 2);
  const news = orders.subscribe({ group: "new" }); // from now on
  const next = news.next();
  await orders.publish(3);
  assertEquals((await next).value!.value, 3);
});

inEachForm(
  "a message whose members' connections break is given up after its tries",
  async (form) => {
    await using kept = await openTestTopics({ form });
    const orders = kept.topics.topic<string>("orders");
    await orders.configure({ maxTries: 2 });
    await orders.publishMany([{ value: "poison" }, { value: "good" }]);
    for (const tries of [1, 2]) {
      const broken = new AbortController();
      const member = orders.subscribe({ ...FROM_FIRST, signal: broken.signal });
      const { value } = await member.next();
      assertEquals([value!.value, value!.tries], ["poison", tries]);
      broken.abort(new TransportError("unavailable", "The connection ended"));
      await assertRejects(() => member.next(), TransportError);
    }
    const { value } = await orders.subscribe(FROM_FIRST).next();
    assertEquals([value!.value, (await groupOf(kept)).givenUp], ["good", 1]);
  },
);

inEachForm("members hear that their group was removed", async (form) => {
  await using kept = await openTestTopics({ form });
  const orders = kept.topics.topic<number>("orders");
  const member = orders.subscribe(FROM_FIRST);
  const next = member.next();
  const refused = assertRejects(() => next, DariError, "no group");
  const joined = async () => (await kept.topics.states())[0]?.groups.length === 1;
  while (!await joined()) await new Promise((resolve) => setTimeout(resolve, 1));
  await orders.forget("billing");
  await refused;
});

inEachForm("only whoever was given a message can answer it", async (form) => {
  await using kept = await openTestTopics({ form });
  await kept.topics.topic("orders").publish(1);
  const alice = kept.topics.as("alice");
  const { value } = await alice.subscribe("orders", FROM_FIRST).next();
  const { lease = "" } = value as TopicMessage;
  const bob = kept.topics.as("bob");
  await assertRejects(() => bob.ack("orders", "billing", lease), DariError, "somebody else's");
  await assertRejects(() => alice.ack("orders", "other", lease), DariError, "no group");
  await assertRejects(() => alice.ack("orders", "billing", "1.ab"), DariError, "no lease");
  await alice.ack("orders", "billing", lease);
});

inEachForm(
  "a member that can say nothing more is given nothing, and others get what it had",
  async (form) => {
    await using kept = await openTestTopics({ form, pollMs: 2 ** 30 });
    await kept.topics.topic("orders").publish(1);
    const member = kept.topics.as("alice").subscribe("orders", FROM_FIRST) as GroupFeed;
    await member.next();
    const next = kept.topics.topic<number>("orders").subscribe(FROM_FIRST).next();
    // What the end of a stream does whose caller has ended its input: a process that was killed.
    const sink = {
      ...{ isClosed: false, isFull: false, drained: () => Promise.resolve() },
      ...{ refusal: () => undefined, push: () => {} },
    };
    const pump = new ItemPump({ items: member, lineOf: String }, sink, { items: 1, bytes: 1 });
    const ended = assertRejects(() => pump.run(), DariError, "cannot answer");
    pump.inputEnded();
    const { value } = await next;
    assertEquals([value!.value, value!.tries], [1, 2]);
    await ended;
  },
);
