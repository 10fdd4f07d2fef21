import { assertEquals, assertRejects } from "@std/assert";
import { openIdentity } from "../../../lib/auth/mod.ts";
import { DariError, RpcError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { queueOf, RemoteQueues } from "../../../lib/messages/mod.ts";
import type { Policy } from "../../../lib/auth/policy/policy.ts";
import type { Methods } from "../../../lib/rpc/method/method.ts";
import { createMemoryStore } from "../../../lib/store/memory.ts";
import { openTestQueues } from "../../support/queues.ts";
import { startPair, Wire } from "../../support/rpc_pair.ts";

/** A server with queues and a policy, and a client that has signed in with these roles. */
async function openShop(policy: Policy, roles: readonly string[]) {
  const kept = await openTestQueues();
  const store = createMemoryStore();
  const identity = await openIdentity(store, { policy, localTransports: [] });
  await identity.accounts.add({ name: "alice", roles });
  const { text: token } = await identity.keys.create({ account: "alice", name: "shop" });
  const pair = await startPair({}, { queues: kept.queues, gate: identity.gate }, { token });
  return {
    ...pair,
    kept,
    queues: new RemoteQueues(pair.client),
    async [Symbol.asyncDispose]() {
      await pair[Symbol.asyncDispose]();
      identity[Symbol.dispose]();
      await store.close();
      await kept[Symbol.asyncDispose]();
    },
  };
}

Deno.test("a peer puts, takes, extends, gives back and acknowledges by methods of the wire", async () => {
  await using kept = await openTestQueues();
  await using pair = await startPair({}, { queues: kept.queues });
  const queue = queueOf<{ at: Date }>(pair.client, "emails");
  const receipt = await queue.put({ at: new Date(0) }, { id: "one", key: "alice", priority: 3 });
  assertEquals(receipt, { number: 1, isDuplicate: false });
  assertEquals((await queue.put({ at: new Date(0) }, { id: "one" })).isDuplicate, true);
  const message = await queue.take({ leaseMs: 5_000 });
  const { value, number, id, key, priority, tries, leaseMs } = message!;
  assertEquals(value, { at: new Date(0) });
  assertEquals({ number, id, key, priority, tries, leaseMs }, {
    number: 1,
    id: "one",
    key: "alice",
    priority: 3,
    tries: 1,
    leaseMs: 5_000,
  });
  assertEquals((await message!.extend(9_000)).endsAtMs, kept.clock.now() + 9_000);
  assertEquals(await message!.nack({ delayMs: 0, reason: "busy" }), {
    isDead: false,
    dueAtMs: kept.clock.now(),
  });
  const again = await queue.take();
  await again!.ack();
  assertEquals(await queue.take(), null);
  const late = await assertRejects(() => again!.ack(), RpcError);
  assertEquals([late.code, late.retryable], ["failed_precondition", false]);
});

Deno.test("administrators set, pause, purge and look at queues by methods of the wire", async () => {
  await using kept = await openTestQueues();
  await using pair = await startPair({}, { queues: kept.queues });
  const queue = queueOf<number>(pair.client, "numbers");
  assertEquals((await queue.configure({ maxTries: 1 })).settings.maxTries, 1);
  await queue.putMany([{ value: 1 }, { value: 2 }]);
  assertEquals((await queue.pause()).isPaused, true);
  assertEquals((await queue.resume()).waiting, 2);
  const message = await queue.take();
  await message?.nack({ reason: "no" });
  assertEquals((await queue.dead()).map(({ value, reason }) => [value, reason]), [[1, "no"]]);
  assertEquals(await queue.retry(), { retried: 1 });
  assertEquals(await queue.purge(), { removed: 2 });
  assertEquals((await queue.show()).waiting, 0);
  const list = await new RemoteQueues(pair.client).list();
  assertEquals(list.map(({ name }) => name), ["numbers"]);
  const missing = await assertRejects(() => queueOf(pair.client, "none").show(), RpcError);
  assertEquals(missing.code, "not_found");
});

Deno.test("a take waits at the server, and ends before the deadline of its call", async () => {
  await using kept = await openTestQueues();
  await using pair = await startPair<Methods>({}, { queues: kept.queues });
  const queue = queueOf<string>(pair.client, "emails");
  const waiting = queue.take({ waitMs: 60_000 });
  await queue.put("hello");
  assertEquals((await waiting)?.value, "hello");
  const result = await pair.client.call(
    "rpc.queue.take",
    { queue: "emails", waitMs: 60_000 },
    { timeoutMs: limits.takeMarginMs + 20 },
  );
  assertEquals(result, { messages: [] });
});

Deno.test("a caller whose connection ends while it waits leaves the message to others", async () => {
  await using kept = await openTestQueues();
  await using pair = await startPair({}, { queues: kept.queues });
  const gone = new AbortController();
  const waiting = queueOf(pair.client, "emails").take({ waitMs: 60_000, signal: gone.signal });
  const refused = assertRejects(() => waiting);
  while (kept.queues.waitingTakers === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  gone.abort();
  await refused;
  while (kept.queues.waitingTakers > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  const own = kept.queues.queue("emails");
  await own.put(1);
  assertEquals((await own.take())?.tries, 1);
});

Deno.test("params that mean nothing are refused with the name of what is wrong", async () => {
  await using kept = await openTestQueues();
  await using wire = await Wire.open({}, { queues: kept.queues });
  const call = async (method: string, params: unknown) => {
    const { error } = await wire.ask({ jsonrpc: "2.0", id: 1, method, params });
    return `${error?.data.name}: ${error?.message}`;
  };
  for (
    const [method, params, part] of [
      ["rpc.queue.put", undefined, "name of a queue"],
      ["rpc.queue.put", null, ""],
      ["rpc.queue.put", ["emails", 1], "name of a queue"],
      ["rpc.queue.put", { queue: "../x", value: 1 }, "name of a queue"],
      ["rpc.queue.put", { queue: "emails*", value: 1 }, "name of a queue"],
      ["rpc.queue.put", { queue: "q".repeat(1_000_000), value: 1 }, "1000000 characters"],
      ["rpc.queue.put", { queue: "emails" }, '"value"'],
      ["rpc.queue.put", { queue: "emails", value: 1, delayMs: -1 }, '"delayMs"'],
      ["rpc.queue.put", { queue: "emails", value: 1, messages: [] }, '"messages"'],
      ["rpc.queue.put", { queue: "emails", value: 1, dealyMs: 1 }, '"dealyMs"'],
      ["rpc.queue.take", { queue: "emails", max: 0 }, '"max"'],
      ["rpc.queue.take", { queue: "emails", waitMs: 1e308 }, '"waitMs"'],
      ["rpc.queue.ack", { queue: "emails" }, "no lease"],
      ["rpc.queue.ack", { queue: "emails", lease: "*" }, "no lease"],
      ["rpc.queue.configure", { queue: "emails", settings: { tries: 1 } }, '"tries"'],
      ["rpc.queue.retry", { queue: "emails", numbers: [] }, '"numbers"'],
    ] as const
  ) {
    const answer = await call(method, params);
    assertEquals([answer.startsWith("invalid_"), answer.includes(part)], [true, true], answer);
    assertEquals(answer.length < 300, true);
  }
  assertEquals(await kept.queues.states(), []);
});

Deno.test("a policy names queues as it names methods", async () => {
  const policy = {
    roles: { worker: ["queue:emails.take"], producer: ["queue:*", "!queue:secret.put"] },
  };
  {
    await using shop = await openShop(policy, ["worker"]);
    await shop.kept.queues.queue("emails").put(1);
    const [message] = await shop.queues.take("emails");
    assertEquals(message?.putBy, "server");
    await shop.queues.ack("emails", message!.lease);
    for (
      const refused of [
        () => shop.queues.put("emails", [{ value: 1 }]),
        () => shop.queues.take("others"),
        () => shop.queues.show("emails"),
        () => shop.queues.purge("emails"),
      ]
    ) {
      const error = await assertRejects(refused, RpcError, 'You may not call "queue:');
      assertEquals(error.code, "permission_denied");
    }
    assertEquals(await shop.queues.list(), []);
  }
  await using shop = await openShop(policy, ["producer"]);
  await shop.queues.put("anything", [{ value: 1 }]);
  const [message] = await shop.kept.queues.as("server").take("anything");
  assertEquals(message?.putBy, "alice");
  await assertRejects(() => shop.queues.put("secret", [{ value: 1 }]), RpcError, "secret.put");
  // An open pattern gives no administrative right.
  await assertRejects(() => shop.queues.purge("anything"), RpcError, "anything.manage");
  assertEquals(await shop.queues.list(), []);
});

Deno.test("a rule that names an administrative right of a queue gives it, and the list shows it", async () => {
  const rules = ["queue:emails.show", "queue:emails.manage"];
  await using shop = await openShop({ roles: { keeper: rules } }, ["keeper"]);
  await shop.queues.configure("emails", { maxTries: 2 });
  await shop.kept.queues.queue("others").put(1);
  assertEquals((await shop.queues.list()).map(({ name }) => name), ["emails"]);
  assertEquals((await shop.queues.show("emails")).settings.maxTries, 2);
});

Deno.test("strangers may do nothing with queues, unless the policy makes it public", async () => {
  await using kept = await openTestQueues();
  const store = createMemoryStore();
  using identity = await openIdentity(store, {
    policy: { public: ["queue:feedback.put"] },
    localTransports: [],
  });
  await using pair = await startPair({}, { queues: kept.queues, gate: identity.gate });
  const error = await assertRejects(() => queueOf(pair.client, "emails").put(1), RpcError);
  assertEquals(error.code, "unauthenticated");
  await queueOf(pair.client, "feedback").put("nice");
  assertEquals((await kept.queues.queue("feedback").take())?.putBy, "stranger");
  await assertRejects(() => new RemoteQueues(pair.client).list(), RpcError, "Sign in");
  await store.close();
});

Deno.test("limits of a policy count what is done with queues by its right", async () => {
  const policy = {
    roles: { user: ["*"] },
    limits: { user: { "queue:emails.put": { perSecond: 1, burst: 2 } } },
  };
  await using shop = await openShop(policy as Policy, ["user"]);
  await shop.queues.put("emails", [{ value: 1 }]);
  await shop.queues.put("emails", [{ value: 2 }]);
  const error = await assertRejects(() => shop.queues.put("emails", [{ value: 3 }]), RpcError);
  assertEquals(error.code, "resource_exhausted");
  await shop.queues.put("others", [{ value: 3 }]);
});

Deno.test("an application cannot take the names of these methods", async () => {
  await assertRejects(
    () => startPair({ "rpc.queue.put": () => 1 }),
    TypeError,
    "rpc. is reserved",
  );
  await assertRejects(
    () => Promise.resolve().then(() => queueOf({ call: () => Promise.resolve() }, "a/b")),
    DariError,
    "name of a queue",
  );
});
