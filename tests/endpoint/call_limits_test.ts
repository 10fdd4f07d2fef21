import { assertEquals, assertRejects } from "@std/assert";
import { openIdentity } from "../../lib/auth/mod.ts";
import { DariError } from "../../lib/base/errors.ts";
import { connect } from "../../lib/endpoint/connect.ts";
import { serve } from "../../lib/endpoint/serve.ts";
import type { Observer } from "../../lib/rpc/observer.ts";
import { createMemoryStore } from "../../lib/store/mod.ts";
import { listenMemory } from "../../lib/transport/memory.ts";
import { TestClock } from "../support/clock.ts";

const slowly = { user: { "orders.*": { perSecond: 10, burst: 2 } } };

async function setUp(policy: Parameters<typeof openIdentity>[1] = {}) {
  const clock = new TestClock();
  const store = createMemoryStore();
  const identity = await openIdentity(store, { localTransports: [], clock, ...policy });
  await identity.accounts.add({ name: "alice" });
  const { text: token } = await identity.keys.create({ account: "alice", name: "key" });
  const ended: string[] = [];
  const observer: Observer = {
    callEnded: ({ method, errorCode = "ok" }) => void ended.push(`${method} ${errorCode}`),
  };
  const memory = listenMemory();
  const methods = {
    "orders.list": () => "listed",
    "orders.watch": async function* () {
      yield await Promise.resolve(1);
    },
    add: () => 3,
    status: { handler: () => "up", public: true },
  };
  const server = await serve({ listen: memory, methods, gate: identity.gate, observer });
  return {
    clock,
    identity,
    memory,
    ended,
    token,
    async [Symbol.asyncDispose]() {
      await server.close(0);
      identity[Symbol.dispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

async function refusedAfter(call: Promise<unknown>): Promise<number | undefined> {
  const error = await assertRejects(() => call, DariError);
  assertEquals(error.code, "resource_exhausted");
  return error.retryAfterMs;
}

Deno.test("a caller over its limit reads resource_exhausted with retryAfterMs, on every connection", async () => {
  await using set = await setUp({ policy: { limits: slowly } });
  await using first = await connect(set.memory, { token: set.token });
  await using second = await connect(set.memory, { token: set.token });
  assertEquals(await first.call("orders.list"), "listed");
  assertEquals(await second.call("orders.list"), "listed");
  assertEquals(await refusedAfter(first.call("orders.list")), 100);
  assertEquals(await refusedAfter(second.call("orders.list")), 100);
  assertEquals(await first.call("add"), 3);
  set.clock.advance(100);
  assertEquals(await second.call("orders.list"), "listed");
  assertEquals(set.ended.filter((line) => line === "orders.list resource_exhausted").length, 2);
});

Deno.test("each call of a batch and each notification counts", async () => {
  await using set = await setUp({ policy: { limits: slowly } });
  await using client = await connect(set.memory, { token: set.token });
  client.notify("orders.list");
  client.notify("orders.list");
  await refusedAfter(client.call("orders.list"));
});

Deno.test("a change of the policy takes effect with the next call", async () => {
  await using set = await setUp({ policy: { limits: slowly } });
  await using client = await connect(set.memory, { token: set.token });
  for (let n = 0; n < 2; n++) await client.call("orders.list");
  await refusedAfter(client.call("orders.list"));
  set.identity.setPolicy({});
  for (let n = 0; n < 5; n++) await client.call("orders.list");
  set.identity.setPolicy({ limits: { user: { add: { perSecond: 0.5 } } } });
  await client.call("add");
  assertEquals(await refusedAfter(client.call("add")), 2_000);
});

Deno.test("strangers share the limit of their address, and sign-in, ping and health have none", async () => {
  const limits = { anonymous: { "*": { perSecond: 1, burst: 1 } } };
  await using set = await setUp({ policy: { limits } });
  await using stranger = await connect(set.memory);
  assertEquals(await stranger.call("status"), "up");
  assertEquals(await refusedAfter(stranger.call("status")), 1_000);
  for (let n = 0; n < 5; n++) {
    assertEquals(await stranger.call("rpc.ping"), "pong");
    assertEquals(await stranger.call("rpc.health"), { status: "SERVING" });
  }
  await using alice = await connect(set.memory, { token: set.token });
  for (let n = 0; n < 3; n++) assertEquals(await alice.call("status"), "up");
});
