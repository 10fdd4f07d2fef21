import { assert, assertEquals, assertRejects } from "@std/assert";
import { delay } from "../../../lib/base/abort.ts";
import { DariError, RpcError, TransportError } from "../../../lib/base/errors.ts";
import { turn } from "../../../lib/base/turn.ts";
import { connect } from "../../../lib/endpoint/connect.ts";
import { serve, type ServeOptions } from "../../../lib/endpoint/serve.ts";
import type { Client } from "../../../lib/rpc/client/client.ts";
import { listenMemory } from "../../../lib/transport/memory.ts";

/** The methods of a server that tells its name. */
const methodsOf = (name: string) => ({
  who: () => name,
  slow: async ({ ms }: { ms: number }) => {
    await delay(ms);
    return name;
  },
});
type Methods = ReturnType<typeof methodsOf>;

async function start(name: string, options: Partial<ServeOptions> = {}) {
  const server = await serve({
    listen: "tcp://127.0.0.1:0",
    methods: methodsOf(name),
    public: ["who", "slow"],
    ...options,
  });
  const [address = ""] = server.addresses;
  return Object.assign(server, { address });
}

/** A client that is connected to all of these servers, and not to the first that answered alone. */
async function connectToAll(...servers: readonly { readonly address: string }[]) {
  const client = await connect<Methods>(servers.map(({ address }) => address));
  while (!client.status.servers.every(({ state }) => state === "connected")) await turn();
  return client;
}

/** How many of so many calls each server answers; errors count by their code. */
async function countCalls(client: Client<Methods>, calls: number) {
  const counts: Record<string, number> = {};
  const count = (key: string) => counts[key] = (counts[key] ?? 0) + 1;
  for (let n = 0; n < calls; n += 20) {
    const batch = Array.from({ length: 20 }, () => client.call("who"));
    for (const result of await Promise.allSettled(batch)) {
      count(result.status === "fulfilled" ? result.value : result.reason.code);
    }
  }
  return counts;
}

Deno.test("calls are spread over the servers of a list", async () => {
  await using one = await start("one");
  await using two = await start("two");
  await using three = await start("three");
  await using client = await connectToAll(one, two, three);
  const counts = await countCalls(client, 600);
  assertEquals(Object.keys(counts).toSorted(), ["one", "three", "two"]);
  for (const count of Object.values(counts)) assert(count > 120, JSON.stringify(counts));
});

Deno.test("a server with calls under way gets fewer new ones", async () => {
  await using busy = await start("busy");
  await using free = await start("free");
  await using client = await connectToAll(busy, free);
  const slow = Array.from({ length: 60 }, () => client.call("slow", { ms: 300 }));
  // The quick ones go to both as long as neither has more under way.
  const answers = await Promise.all(slow);
  const share = answers.filter((name) => name === "busy").length;
  assert(share > 20 && share < 40, `${share} of 60`);
});

Deno.test("servers may restart one after the other: no call fails", async () => {
  const names = ["one", "two", "three"];
  const servers = await Promise.all(names.map((name) => start(name)));
  await using client = await connect<Methods>(servers.map(({ address }) => address), {
    reconnect: { pauseMs: 5, maxPauseMs: 20 },
  });
  let isOver = false;
  const errors: unknown[] = [];
  const load = async () => {
    while (!isOver) await client.call("who").catch((error) => errors.push(error));
  };
  const loads = Array.from({ length: 8 }, load);
  for (const [index, server] of servers.entries()) {
    await server.close();
    servers[index] = await start(names[index]!, { listen: server.address });
    await client.ready();
    await delay(50);
  }
  isOver = true;
  await Promise.all(loads);
  assertEquals(errors, []);
  await Promise.all(servers.map((server) => server.close()));
});

Deno.test("servers that come later carry their share: from three to five", async () => {
  const age = { maxConnectionAgeMs: 200 };
  const servers = await Promise.all(["1", "2", "3"].map((name) => start(name, age)));
  const resolver = { resolve: () => ({ addresses: servers.map(({ address }) => address) }) };
  await using client = await connect<Methods>(resolver);
  assertEquals(Object.keys(await countCalls(client, 200)).length, 3);
  servers.push(await start("4", age), await start("5", age));
  const beganAt = performance.now();
  while (client.status.servers.length < 5) await client.call("slow", { ms: 10 });
  await delay(50);
  const counts = await countCalls(client, 1_000);
  assert(performance.now() - beganAt < 10_000);
  for (const name of ["4", "5"]) assert((counts[name] ?? 0) > 120, JSON.stringify(counts));
  await Promise.all(servers.map((server) => server.close()));
});

Deno.test("what a server runs that the resolver names no more is finished", async () => {
  await using old = await start("old", { maxConnectionAgeMs: 150 });
  await using fresh = await start("fresh");
  let addresses = [old.address];
  const resolver = { resolve: () => Promise.resolve({ addresses }) };
  await using client = await connect<Methods>(resolver);
  const running = client.call("slow", { ms: 2_000 });
  addresses = [fresh.address];
  while (await client.call("who") === "old") await delay(20);
  assertEquals(client.status.servers.map(({ address }) => address), [fresh.address]);
  assertEquals(await running, "old");
});

Deno.test("a server that says NOT_SERVING gets no new calls until it is SERVING again", async () => {
  await using one = await start("one");
  await using two = await start("two");
  await using client = await connect<Methods>([one.address, two.address], {
    health: { intervalMs: 5 },
  });
  one.health.set("NOT_SERVING");
  const isServing = () => client.status.servers.map(({ isServing }) => isServing);
  while (isServing()[0]) await delay(1);
  assertEquals(await countCalls(client, 100), { two: 100 });
  two.health.set("NOT_SERVING");
  while (isServing()[1]) await delay(1);
  const error = await assertRejects(() => client.call("who"), TransportError, "takes no calls");
  assertEquals(error.code, "unavailable");
  const waiting = client.call("who", undefined, { waitForReady: true });
  one.health.set("SERVING");
  assertEquals(await waiting, "one");
});

Deno.test("a server whose calls fail is set aside, and the others serve", async () => {
  let isWell = false;
  const who = () => {
    if (isWell) return "ill";
    throw new RpcError("unavailable", "the disk is full");
  };
  await using ill = await start("ill", { methods: { who }, public: ["who"] });
  await using well = await start("well");
  await using other = await start("other");
  await using client = await connect<Methods>([ill.address, well.address, other.address], {
    outliers: { consecutiveErrors: 3, baseEjectionTimeMs: 100 },
  });
  const counts = await countCalls(client, 200);
  assertEquals(client.status.servers.map(({ isSetAside }) => isSetAside), [true, false, false]);
  assert((counts.unavailable ?? 0) <= 20, JSON.stringify(counts));
  isWell = true;
  while (client.status.servers[0]?.isSetAside) await delay(5);
  assert((await countCalls(client, 200)).ill! > 0);
});

Deno.test("a list with one server that is there connects, and one with none names them", async () => {
  await using here = await start("here");
  const gone = await start("gone");
  await gone.close();
  await using client = await connect<Methods>([gone.address, here.address]);
  assertEquals(await countCalls(client, 40), { here: 40 });
  const error = await assertRejects(() => connect([gone.address, "tcp://127.0.0.1:1"]));
  assert(error instanceof TransportError && error.message.includes(gone.address));
  await assertRejects(() => connect([]), TypeError, "the list is empty");
  const malformed = await assertRejects(() => connect([here.address, "nowhere"]), DariError);
  assertEquals(malformed.code, "usage");
});

Deno.test("a lazy client needs no server, and its calls wait for one", async () => {
  const stopped = await start("first");
  await stopped.close();
  for (const target of [stopped.address, [stopped.address]]) {
    await using client = await connect<Methods>(target, {
      lazy: true,
      reconnect: { pauseMs: 5, maxPauseMs: 20 },
    });
    assertEquals(client.status.state, "idle");
    const tooLate = await client.call("who", undefined, { timeoutMs: 50 }).catch((error) => error);
    assertEquals(tooLate.code, "deadline_exceeded");
    assert(tooLate.message.includes("nothing listens there"), tooLate.message);
    const notWaiting = client.call("who", undefined, { waitForReady: false });
    assertEquals((await assertRejects(() => notWaiting, TransportError)).code, "unavailable");
    const waiting = client.call("who", undefined, { timeoutMs: 20_000 });
    const server = await start("second", { listen: stopped.address });
    assertEquals(await waiting, "second");
    assertEquals(client.status.state, "connected");
    await server.close();
  }
});

Deno.test("a client tells of each server and of itself as a whole", async () => {
  const one = await start("one"), two = await start("two");
  await using client = await connect<Methods>([one.address, two.address], {
    lazy: true,
    reconnect: { pauseMs: 5, maxPauseMs: 20 },
  });
  const events = client.status.events();
  const until = async (scope: string, type: string, address?: string) => {
    for await (const event of { [Symbol.asyncIterator]: () => ({ next: () => events.next() }) }) {
      const { scope: s, type: t, address: a } = event;
      if (s === scope && t === type && (address === undefined || a === address)) return event;
    }
  };
  await client.ready();
  await until("client", "connected");
  await one.close();
  await until("server", "away", one.address);
  assertEquals(client.status.state, "connected");
  await two.close();
  const away = await until("client", "away");
  assert(away?.error?.message.includes(two.address));
  assertEquals(client.status.state, "away");
  const again = await start("two", { listen: two.address });
  await until("server", "back", two.address);
  await until("client", "back");
  await again.close();
});

Deno.test("several listeners of this process are servers like others", async () => {
  const memories = [listenMemory(), listenMemory()] as const;
  const servers = await Promise.all(memories.map((listen, n) => start(`${n}`, { listen })));
  await using client = await connect<Methods>(memories);
  // Calls over memory take no turn of the event loop, and connecting takes some.
  const answered = new Set<string>();
  for (let round = 0; answered.size < 2 && round < 100; round++) {
    for (const name of Object.keys(await countCalls(client, 20))) answered.add(name);
    await turn();
  }
  assertEquals([...answered].toSorted(), ["0", "1"]);
  await Promise.all(servers.map((server) => server.close()));
});
