import { assert, assertEquals, assertRejects } from "@std/assert";
import { deadline } from "../../../lib/base/abort.ts";
import { TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { serve } from "../../../lib/endpoint/serve.ts";
import { Client } from "../../../lib/rpc/client/client.ts";
import type { Connection } from "../../../lib/transport/connection.ts";
import { listenMemory, type MemoryListener } from "../../../lib/transport/memory.ts";
import { FakeServer, type FarEnd } from "../../support/far_end.ts";

const PATIENCE_MS = 20_000;
const quick = { lifeSignMs: limits.minLifeSignMs };
const idempotent = { idempotent: true, timeoutMs: PATIENCE_MS };

/** Dials a server that the test plays first, and then another one. */
function dialOf(first: FakeServer, then: { dial(): Promise<Connection> }) {
  return { dial: () => first.ends.length === 0 ? first.dial() : then.dial() };
}

const dialing = (memory: MemoryListener) => ({ dial: () => memory.connect() });

/** What a server that has fallen silent is sent, up to a message. */
async function until(end: FarEnd, method: string): Promise<string[]> {
  const methods: string[] = [];
  while (methods.at(-1) !== method) methods.push((await end.receive()).method);
  return methods;
}

Deno.test("an idempotent call is answered over another connection when its server is silent", async () => {
  const silent = new FakeServer(["drain"]);
  const memory = listenMemory();
  await using _server = await serve({ listen: memory, methods: { one: () => 1 } });
  await using client = new Client({ ...dialOf(silent, dialing(memory)), ...quick });
  await client.connect();
  const sent = until(silent.end, "rpc.cancel");
  const waiting = client.call("wait").catch(({ code }) => code);
  assertEquals(await deadline(client.call("one", undefined, idempotent), PATIENCE_MS), 1);
  assertEquals(await sent, ["wait", "one", "rpc.ping", "rpc.ping", "rpc.cancel"]);
  // New calls go where answers come from.
  assertEquals(await client.call("one"), 1);
  silent.end.connection.abort();
  assertEquals(await waiting, "unavailable");
});

Deno.test("a server that was only busy may still answer first", async () => {
  const busy = new FakeServer([]), other = new FakeServer([]);
  await using client = new Client({ ...dialOf(busy, other), ...quick });
  await client.connect();
  const call = client.call("one", undefined, idempotent);
  const { id } = await busy.end.receive();
  for (let n = 0; n < limits.maxUnansweredPings; n++) await until(busy.end, "rpc.ping");
  while (other.ends.length === 0) await new Promise((resolve) => setTimeout(resolve));
  await other.end.answer("pong");
  const again = await other.end.receive();
  assertEquals(again.method, "one");
  await busy.end.send({ id, result: "late" });
  assertEquals(await deadline(call, PATIENCE_MS), "late");
  assertEquals((await other.end.receive()).params, { id: again.id });
  for (let line = await busy.end.receive(); line !== null;) line = await busy.end.receive();
  const next = client.call("two");
  await other.end.answer(2);
  assertEquals(await next, 2);
});

Deno.test("a call stays where it is while no other connection can be made", async () => {
  const busy = new FakeServer([]);
  let dialled = 0;
  const tried = Promise.withResolvers<void>();
  await using client = new Client({
    ...quick,
    dial: () => {
      if (++dialled === 1) return busy.dial();
      if (dialled > 3) tried.resolve();
      return Promise.reject(new TransportError("unavailable", "nobody is there"));
    },
  });
  await client.connect();
  const call = client.call("one", undefined, idempotent);
  const { id } = await busy.end.receive();
  const reading = until(busy.end, "rpc.ping");
  await deadline(tried.promise, PATIENCE_MS);
  await reading;
  await busy.end.send({ id, result: 1 });
  assertEquals(await deadline(call, PATIENCE_MS), 1);
});

Deno.test("a new connection that is silent too takes no call; the next one does", async () => {
  const silent = new FakeServer([]);
  const memory = listenMemory();
  await using _server = await serve({ listen: memory, methods: { one: () => 1 } });
  await using client = new Client({
    dial: () => silent.ends.length < 2 ? silent.dial() : memory.connect(),
    ...quick,
    connectTimeoutMs: 50,
  });
  await client.connect();
  const reading = until(silent.end, "rpc.cancel");
  assertEquals(await deadline(client.call("one", undefined, idempotent), PATIENCE_MS), 1);
  assertEquals((await reading).filter((method) => method === "one").length, 1);
});

Deno.test("a silent server is cut, and the calls that wait for it fail as unavailable", async () => {
  const silent = new FakeServer([]);
  await using client = new Client({ ...silent, ...quick, silentPeerMs: 50 });
  await client.connect();
  const reading = (async () => {
    const methods: string[] = [];
    for (let line; (line = await silent.end.receive()) !== null;) methods.push(line.method);
    return methods;
  })();
  const error = await assertRejects(
    () => deadline(client.call("wait"), PATIENCE_MS),
    TransportError,
    "sent nothing for 50 ms while calls waited for it",
  );
  assertEquals(error.code, "unavailable");
  assertEquals(await reading, ["wait", "rpc.ping", "rpc.ping"]);
});

Deno.test("a server that never said hello is neither asked nor cut", async () => {
  const old = new FakeServer();
  await using client = new Client({ ...old, ...quick, silentPeerMs: limits.minLifeSignMs });
  await client.connect();
  const call = client.call("slow");
  const { id } = await old.end.receive();
  await new Promise((resolve) => setTimeout(resolve, 5 * limits.minLifeSignMs));
  const sent = old.end.receive();
  await old.end.send({ id, result: "at last" });
  assertEquals(await call, "at last");
  await client.close();
  assertEquals(await sent, null);
});

Deno.test("a busy handler is not dead: its server answers pings meanwhile", async () => {
  const memory = listenMemory();
  const pings: string[] = [];
  const enough = Promise.withResolvers<void>();
  const methods = { slow: () => enough.promise.then(() => "done") };
  await using _server = await serve({
    listen: memory,
    methods,
    observer: {
      callBegan({ method }) {
        if (method !== "rpc.ping") return;
        if (pings.push(method) === 10) enough.resolve();
      },
    },
  });
  await using client = new Client({ ...dialing(memory), ...quick, silentPeerMs: 50 });
  assertEquals(await deadline(client.call("slow"), PATIENCE_MS), "done");
  assert(pings.length >= 10);
});

Deno.test("a client answers rpc.ping and rpc.health", async () => {
  const server = new FakeServer();
  await using client = new Client({ ...server });
  await client.connect();
  await server.end.send({ id: 1, method: "rpc.ping" });
  assertEquals((await server.end.receive()).result, "pong");
  await server.end.send({ id: 2, method: "rpc.health" });
  assertEquals((await server.end.receive()).result, { status: "SERVING" });
  await server.end.send({ id: 3, method: "rpc.discover" });
  assertEquals((await server.end.receive()).error.data.name, "method_not_found");
});
