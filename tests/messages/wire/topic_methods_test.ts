import { assertEquals, assertRejects } from "@std/assert";
import { openIdentity } from "../../../lib/auth/mod.ts";
import type { Policy } from "../../../lib/auth/policy/policy.ts";
import { RpcError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { EmbeddedTopics, queueOf, RemoteTopics, topicOf } from "../../../lib/messages/mod.ts";
import { topicExtension } from "../../../lib/messages/wire/topic_methods.ts";
import { Client } from "../../../lib/rpc/client/client.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import type { Methods } from "../../../lib/rpc/method/method.ts";
import { createMemoryStore } from "../../../lib/store/memory.ts";
import { openTestQueues } from "../../support/queues.ts";
import { startPair, Wire } from "../../support/rpc_pair.ts";
import { UnsteadyServer } from "../../support/unsteady_server.ts";
import { nextValues } from "../../support/topics.ts";

/** A server with topics and a policy, and a client that has signed in with these roles. */
async function openShop(policy: Policy, roles: readonly string[]) {
  const kept = await openTestQueues();
  const store = createMemoryStore();
  const identity = await openIdentity(store, { policy, localTransports: [] });
  await identity.accounts.add({ name: "alice", roles });
  const { text: token } = await identity.keys.create({ account: "alice", name: "shop" });
  const pair = await startPair({}, { queues: kept.queues, gate: identity.gate }, { token });
  return {
    ...pair,
    ...{ identity, kept, topics: new RemoteTopics(pair.client) },
    async [Symbol.asyncDispose]() {
      await pair[Symbol.asyncDispose]();
      identity[Symbol.dispose]();
      await store.close();
      await kept[Symbol.asyncDispose]();
    },
  };
}

Deno.test("a peer publishes, reads, shares and answers by methods of the wire", async () => {
  await using kept = await openTestQueues();
  await using pair = await startPair({}, { queues: kept.queues });
  const orders = topicOf<{ at: Date }>(pair.client, "orders.1.paid");
  const reading = topicOf<{ at: Date }>(pair.client, "orders.*.paid").subscribe();
  assertEquals(await orders.publish({ at: new Date(0) }, { id: "one" }), {
    cursor: "orders:1",
    isDuplicate: false,
  });
  assertEquals((await orders.publish({ at: new Date(0) }, { id: "one" })).isDuplicate, true);
  const { value: message } = await reading.next();
  assertEquals([message?.value.at, message?.topic], [new Date(0), "orders.1.paid"]);
  assertEquals(message?.publishedBy, "local");
  await reading.return();

  const member = orders.subscribe({ group: "billing", from: "first", leaseMs: 5_000 });
  const { value: first } = await member.next();
  assertEquals((await first!.extend(9_000)).endsAtMs, kept.clock.now() + 9_000);
  assertEquals((await first!.nack({ delayMs: 0, reason: "busy" })).isDead, false);
  const { value: again } = await member.next();
  assertEquals(again!.tries, 2);
  await again!.ack();
  const late = await assertRejects(() => again!.ack(), RpcError);
  assertEquals([late.code, late.retryable], ["failed_precondition", false]);
});

Deno.test("administrators look at topics, set, purge and forget by methods of the wire", async () => {
  await using kept = await openTestQueues();
  await using pair = await startPair({}, { queues: kept.queues });
  const topic = topicOf<number>(pair.client, "numbers");
  assertEquals((await topic.configure({ maxTries: 1 })).settings.maxTries, 1);
  await topic.publishMany([{ value: 1 }, { value: 2 }]);
  const { value } = await topic.subscribe({ group: "all", from: "first" }).next();
  assertEquals(value!.value, 1);
  assertEquals((await topic.show()).groups.map(({ name }) => name), ["all"]);
  await topic.forget("all");
  assertEquals(await topic.purge(), { removed: 2 });
  const list = await new RemoteTopics(pair.client).list();
  assertEquals(list.map(({ name, messages }) => [name, messages]), [["numbers", 0]]);
  const missing = await assertRejects(() => topicOf(pair.client, "none").show(), RpcError);
  assertEquals(missing.code, "not_found");
});

Deno.test("a reader that grants nothing holds nobody up, and gets what it grants later", async () => {
  await using kept = await openTestQueues();
  await using wire = await Wire.open({}, { queues: kept.queues });
  await wire.send({
    ...{ jsonrpc: "2.0", id: 1, method: "rpc.topic.subscribe", params: { topic: "orders" } },
    meta: { credit: 1 },
  });
  await wire.settled(); // it has begun
  await using pair = await startPair({}, { queues: kept.queues });
  const quick = topicOf<number>(pair.client, "orders").subscribe();
  const orders = topicOf<number>(pair.client, "orders");
  await orders.publishMany(Array.from({ length: 100 }, (_, value) => ({ value })));
  assertEquals((await nextValues(quick, 100)).at(-1), 99);
  const item = async () => (await wire.receive()) as { params: { value: { value: number } } };
  assertEquals((await item()).params.value.value, 0);
  await wire.send({ jsonrpc: "2.0", method: "rpc.credit", params: { id: 1, count: 2 } });
  assertEquals((await item()).params.value.value, 1);
  assertEquals((await item()).params.value.value, 2);
});

Deno.test("a member whose connection breaks leaves its messages to others at once", async () => {
  await using kept = await openTestQueues({ pollMs: 2 ** 30 });
  await using other = await startPair({}, { queues: kept.queues });
  await using wire = await Wire.open({}, { queues: kept.queues });
  await topicOf<number>(other.client, "orders").publish(1);
  const options = { group: "billing", from: "first" } as const;
  const params = { topic: "orders", ...options };
  const item = await wire.ask({ jsonrpc: "2.0", id: 1, method: "rpc.topic.subscribe", params });
  assertEquals(item.params.value.tries, 1);
  const next = topicOf<number>(other.client, "orders").subscribe(options).next();
  wire.connection.abort();
  const { value } = await next;
  assertEquals([value!.value, value!.tries], [1, 2]);
});

Deno.test("params that mean nothing are refused with the name of what is wrong", async () => {
  await using kept = await openTestQueues();
  await using wire = await Wire.open({}, { queues: kept.queues });
  const call = async (method: string, params: unknown) => {
    const { error } = await wire.ask({ jsonrpc: "2.0", id: 1, method, params });
    return `${error?.data.name}: ${error?.message}`;
  };
  const cases: [string, unknown, string][] = [
    ["publish", {}, "name of a topic"],
    ["publish", { topic: "orders.*", value: 1 }, "is a pattern"],
    ["publish", { topic: "../orders", value: 1 }, "name of a topic"],
    ["publish", { topic: "a\0b", value: 1 }, "name of a topic"],
    ["publish", { topic: "a".repeat(1024 * 1024), value: 1 }, "name of a topic"],
    ["publish", { topic: "orders" }, 'with a "value"'],
    ["publish", { topic: "orders", value: 1, messages: [] }, "nothing beside it"],
    ["publish", { topic: "orders", value: 1, delayMs: 5 }, "has no"],
    ["subscribe", { topic: "*" }, "name of a topic"],
    ["subscribe", { topic: "orders", from: "letters:1" }, "of another topic"],
    ["subscribe", { topic: "orders", from: "orders:5" }, "of the future"],
    ["subscribe", { topic: "orders", colour: 1 }, "has no"],
    ["ack", { topic: "orders", group: "g", lease: 5 }, "is no lease"],
    ["ack", { topic: "orders", group: "a b", lease: "1.0000aaaa" }, "name of a group"],
    ["ack", { topic: "orders", group: "g", lease: "1.0000aaaa" }, "no group"],
    ["nack", { topic: "orders", group: "g", lease: "1.0000aaaa", delayMs: NaN }, '"delayMs"'],
    ["configure", { topic: "orders", settings: { kept: 1 } }, '"kept"'],
    ["forget", { topic: "orders", group: {} }, "name of a group"],
  ];
  for (const [method, params, message] of cases) {
    const answer = await call(`rpc.topic.${method}`, params);
    assertEquals(answer.includes(message), true, `${method}: ${answer}`);
  }
});

Deno.test("the policy names the rights on a topic", async () => {
  const policy = { roles: { shop: ["topic:orders.publish", "topic:letters.*"] } };
  await using shop = await openShop(policy, ["shop"]);
  const { topics } = shop;
  await topics.publish("orders.1.paid", [{ value: 1 }]);
  const denied = (work: Promise<unknown>) =>
    assertRejects(() => work, RpcError, "You may not call");
  await denied(topics.subscribe("orders.>").next());
  await denied(topics.ack("orders", "g", "1.0000aaaa"));
  await topics.publish("letters", [{ value: 2 }]);
  const { value } = await topicOf(shop.client, "letters").subscribe({ from: "first" }).next();
  assertEquals(value?.value, 2);
  await denied(topics.show("letters")); // it is administrative, and no rule names it
  await denied(topics.configure("letters", {}));
  await denied(topics.publish("others", [{ value: 1 }]));
  assertEquals(await topics.list(), []);
});

Deno.test("a policy that changes ends a subscription with the next message", async () => {
  await using shop = await openShop({ roles: { shop: ["topic:orders.*"] } }, ["shop"]);
  const own = topicOf<number>(shop.client, "orders");
  const reading = own.subscribe();
  await own.publish(1);
  assertEquals(await nextValues(reading, 1), [1]);
  shop.identity.setPolicy({ roles: { shop: ["topic:orders.publish"] } });
  await own.publish(2);
  const error = await assertRejects(() => reading.next(), RpcError);
  assertEquals(error.code, "permission_denied");
});

Deno.test("a handler publishes as its caller, with what it writes", async () => {
  await using kept = await openTestQueues();
  const pay = async ({ order }: { order: number }, context: Context) =>
    await context.publish(`orders.${order}.paid`, { order }, {
      id: `paid-${order}`,
      write: (transaction) => {
        transaction.put(`orders/${order}`, "paid");
        transaction.enqueue("receipts", { value: order });
      },
    });
  await using pair = await startPair({ pay }, { queues: kept.queues });
  const reading = topicOf<{ order: number }>(pair.client, "orders.*.paid").subscribe();
  assertEquals(await pair.client.call("pay", { order: 7 }), {
    cursor: "orders:1",
    isDuplicate: false,
  });
  const again = await pair.client.call("pay", { order: 7 });
  assertEquals((again as { isDuplicate: boolean }).isDuplicate, true);
  const { value } = await reading.next();
  assertEquals([value?.value, value?.publishedBy], [{ order: 7 }, "local"]);
  assertEquals((await kept.store.get("orders/7"))?.value, "paid");
  assertEquals((await queueOf(pair.client, "receipts").show()).waiting, 1);
});

Deno.test("a job publishes as whoever put it, and a server without topics says so", async () => {
  await using kept = await openTestQueues();
  const report = {
    job: {},
    handler: async (_params: unknown, context: Context) => await context.publish("reports.done", 1),
  };
  await using pair = await startPair({ report }, { queues: kept.queues });
  const reading = topicOf<number>(pair.client, "reports.>").subscribe();
  const { client } = pair as unknown as { client: { enqueue(name: string): Promise<unknown> } };
  await client.enqueue("report");
  const { value } = await reading.next();
  assertEquals([value?.value, value?.publishedBy], [1, "local"]);
  await using bare = await startPair({ report });
  const error = await assertRejects(() => bare.client.call("report"), RpcError);
  assertEquals(error.code, "failed_precondition");
});

Deno.test("a subscription goes on behind its last message when its connection was lost", async () => {
  await using kept = await openTestQueues();
  const topics = new EmbeddedTopics(kept.queues);
  await using place = new UnsteadyServer();
  await place.start({}, { extensions: [topicExtension(topics)] });
  await using client = new Client({ dial: place.dial, random: () => 0 });
  await client.call("rpc.ping");
  const orders = topics.topic<number>("orders");
  await orders.publishMany([{ value: 1 }, { value: 2 }]);
  const reading = topicOf<number>(client, "orders").subscribe({ from: "first" });
  assertEquals(await nextValues(reading, 2), [1, 2]);
  place.cut();
  await orders.publishMany([{ value: 3 }, { value: 4 }]);
  assertEquals(await nextValues(reading, 2), [3, 4]);
  assertEquals(client.stats().resumed, 1);
  await topics[Symbol.asyncDispose]();
});

Deno.test("a subscription goes on when its server was started anew, though nothing else was called", async () => {
  await using kept = await openTestQueues();
  const topics = new EmbeddedTopics(kept.queues);
  await using place = new UnsteadyServer();
  const options = { extensions: [topicExtension(topics)] };
  await place.start({}, options);
  await using client = new Client({ dial: place.dial, random: () => 1 }); // time to start
  const orders = topics.topic<number>("orders");
  await orders.publish(1);
  const reading = topicOf<number>(client, "orders").subscribe({ from: "first" });
  assertEquals(await nextValues(reading, 1), [1]);
  await place.stop();
  await orders.publish(2);
  const rest = nextValues(reading, 1);
  await place.start({}, options);
  assertEquals(await rest, [2]);
  await topics[Symbol.asyncDispose]();
});

Deno.test("a subscription says where it begins, so that nothing is missed before its first message", async () => {
  await using kept = await openTestQueues();
  await using pair = await startPair<Methods>({}, { queues: kept.queues });
  await topicOf(pair.client, "orders.1").publishMany([{ value: 1 }, { value: 2 }]);
  const first = async (params: object, count = 1) => {
    const stream = pair.client.stream("rpc.topic.subscribe", params);
    const items = [];
    while (items.length < count) items.push((await stream.next()).value);
    await stream.return();
    return items as { value?: unknown; cursor?: string }[];
  };
  assertEquals(await first({ topic: "orders", place: true }), [{ cursor: "orders:2" }]);
  assertEquals(await first({ topic: "other", place: true }), [{ cursor: "other:0" }]);
  // Behind the last message of each name: before that it is not known which of them came.
  const last = await first({ topic: "orders.>", last: true, place: true }, 2);
  assertEquals([last[0]?.value, last[1]], [2, { cursor: "orders:2" }]);
  const refused = await assertRejects(
    () => first({ topic: "orders", group: "billing", place: true }),
    RpcError,
    '"place" is not for members',
  );
  assertEquals(refused.code, "invalid_params");
  await assertRejects(() => first({ topic: "orders", place: 1 }), RpcError, '"place" must be');
});

Deno.test("a subscription ends before its call does, with the place to go on from", async () => {
  await using kept = await openTestQueues();
  await using pair = await startPair<Methods>({}, { queues: kept.queues });
  await topicOf(pair.client, "orders").publishMany([{ value: 1 }, { value: 2 }]);
  const params = { topic: "orders", from: "first" };
  const timeoutMs = limits.takeMarginMs + 20;
  const stream = pair.client.stream("rpc.topic.subscribe", params, { timeoutMs });
  const values: unknown[] = [];
  for (let item = await stream.next();; item = await stream.next()) {
    values.push(item.value);
    if (item.done) break;
  }
  assertEquals(values.length, 3);
  assertEquals(values[2], { cursor: "orders:2" });
});
