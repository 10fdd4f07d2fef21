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

/** What a server says of its methods. */
const discovered = { methods: [{ name: "one", "x-idempotent": true }, { name: "other" }] };

/** Plays the server of a second connection: it lets itself be asked, and answers each call. */
async function answerAll(server: FakeServer): Promise<string[]> {
  while (server.ends.length === 0) await new Promise((resolve) => setTimeout(resolve));
  const methods: string[] = [];
  for (let line; (line = await server.end.receive()) !== null;) {
    methods.push(line.method);
    if (line.id === undefined) continue;
    await server.end.send({ id: line.id, result: line.method === "rpc.discover" ? discovered : 1 });
  }
  return methods;
}

for (const options of [undefined, { timeoutMs: PATIENCE_MS }]) {
  const given = options === undefined ? "without options" : "with options";
  Deno.test(`a call ${given} of a method that its server calls idempotent leaves a silent server too`, async () => {
    const silent = new FakeServer(["streams"]), other = new FakeServer([]);
    const client = new Client({ ...dialOf(silent, other), ...quick });
    await client.connect();
    const left = until(silent.end, "rpc.cancel");
    const answered = answerAll(other);
    const stuck = client.call("other", undefined, options).catch(({ code }) => code);
    const calls = [client.call("one", undefined, options), client.call("one", undefined, options)];
    assertEquals(await deadline(Promise.all(calls), PATIENCE_MS), [1, 1]);
    assertEquals((await left).filter((method) => !method.startsWith("rpc.")), [
      "other",
      "one",
      "one",
    ]);
    const { attempts, retries } = client.stats();
    assertEquals({ attempts, retries }, { attempts: 5, retries: 2 });
    await client.close();
    assertEquals(await stuck, "unavailable");
    assertEquals((await answered).filter((method) => method !== "rpc.ping"), [
      "rpc.discover",
      "one",
      "one",
    ]);
  });
}

Deno.test("with retry.maxAttempts of 1 no call is made over a second connection", async () => {
  const silent = new FakeServer([]);
  let dialled = 0;
  await using client = new Client({
    dial: () => ++dialled === 1 ? silent.dial() : Promise.reject(new Error("dialled again")),
    ...quick,
    silentPeerMs: 100,
    retry: { maxAttempts: 1 },
  });
  await client.connect();
  const reading = (async () => {
    while (await silent.end.receive() !== null);
  })();
  await assertRejects(
    () => deadline(client.call("one", undefined, idempotent), PATIENCE_MS),
    TransportError,
    "sent nothing",
  );
  await reading;
  assertEquals(dialled, 1);
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
