import { assertEquals, assertMatch } from "@std/assert";
import { deadline } from "../../../lib/base/abort.ts";
import { limits } from "../../../lib/base/limits.ts";
import { Client } from "../../../lib/rpc/client/client.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import type { Methods } from "../../../lib/rpc/method/method.ts";
import { FakeServer } from "../../support/far_end.ts";
import { FakeTimers } from "../../support/fake_timers.ts";
import { Wire } from "../../support/rpc_pair.ts";

const PATIENCE_MS = 20_000;
const request = (id: unknown, method: string, params?: unknown) => ({
  jsonrpc: "2.0",
  id,
  method,
  params,
});
const drain = (params?: unknown) => ({ jsonrpc: "2.0", method: "rpc.drain", params });

/** A server whose client has said that it knows `rpc.drain`. */
async function openWire(methods: Methods, options = {}): Promise<Wire> {
  const wire = await Wire.open(methods, options);
  await wire.ask(request("hello", "rpc.hello", { versions: ["dari/1"], features: ["drain"] }));
  return wire;
}

Deno.test("a server that stops serves what was sent before its client knew, and refuses the rest", async () => {
  let notes = 0;
  await using wire = await openWire({ one: () => 1, note: () => void notes++ });
  const closing = wire.server.close(5_000);
  const told = await wire.receive();
  assertEquals([told.method, told.params, told.id], ["rpc.drain", { graceMs: 5_000 }, undefined]);
  const ping = await wire.receive();
  assertEquals(ping.method, "rpc.ping");
  assertEquals((await wire.ask(request(1, "one"))).result, 1);
  await wire.send({ jsonrpc: "2.0", method: "note" });
  await wire.send({ jsonrpc: "2.0", id: ping.id, result: "pong" });
  await deadline(closing, PATIENCE_MS);
  assertEquals(notes, 1);
  assertEquals(await wire.connection.receive(), null);
});

Deno.test("a client that goes on calling is refused once its server has its answer", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  await using wire = await openWire({ wait: () => promise, one: () => 1 });
  await wire.send(request("running", "wait"));
  await wire.settled();
  const closing = wire.server.close(PATIENCE_MS);
  await wire.receive();
  await wire.send({
    jsonrpc: "2.0",
    id: (await wire.receive()).id,
    error: { code: 1, message: "" },
  });
  // The answer is taken at the end of its turn; calls in it are still served.
  let answer = await wire.ask(request(2, "one"));
  while (answer.result === 1) answer = await wire.ask(request(3, "one"));
  assertEquals([answer.error.data.name, answer.error.data.stopping], ["unavailable", true]);
  resolve("done");
  assertEquals((await wire.receive()).result, "done");
  await deadline(closing, PATIENCE_MS);
});

Deno.test("a server that stops waits no longer than a moment for a client that does not answer", async () => {
  await using wire = await openWire({});
  const closing = wire.server.close(PATIENCE_MS);
  assertEquals([(await wire.receive()).method, (await wire.receive()).method], [
    "rpc.drain",
    "rpc.ping",
  ]);
  await deadline(closing, PATIENCE_MS / 2);
});

Deno.test("a client that goes away is served until its grace ends, and then refused", async () => {
  using timers = new FakeTimers();
  await using wire = await openWire({ one: () => 1 });
  await wire.send(drain({ graceMs: 1_000 }));
  await wire.send(drain({ graceMs: 1e9 })); // only the first counts
  assertEquals((await wire.ask(request(1, "one"))).result, 1);
  timers.advance(999);
  assertEquals((await wire.ask(request(2, "one"))).result, 1);
  timers.advance(1);
  const { error } = await wire.ask(request(3, "one"));
  assertEquals([error.data.name, error.data.stopping], ["unavailable", true]);
});

Deno.test("a grace that is malformed counts as the default", async () => {
  for (const params of [undefined, [], { graceMs: -1 }, { graceMs: "1" }, { graceMs: null }]) {
    using timers = new FakeTimers();
    await using wire = await openWire({ one: () => 1 });
    await wire.send(drain(params));
    await wire.settled();
    timers.advance(limits.drainTimeoutMs - 1);
    assertEquals((await wire.ask(request(1, "one"))).result, 1);
    timers.advance(1);
    assertEquals((await wire.ask(request(2, "one"))).error.data.stopping, true);
  }
});

Deno.test("handlers make no calls back on a client that goes away", async () => {
  const methods = {
    back: (_: unknown, context: Context) => context.call("other").catch((error) => `${error}`),
  };
  await using wire = await openWire(methods);
  await wire.send(request(1, "back"));
  const call = await wire.receive();
  assertEquals(call.method, "other");
  await wire.send(drain({ graceMs: PATIENCE_MS }));
  const { result } = await wire.ask(request(2, "back"));
  assertMatch(result, /TransportError: The other side is going away and takes no more calls/);
  const first = await wire.ask({ jsonrpc: "2.0", id: call.id, result: "as before" });
  assertEquals([first.id, first.result], [1, "as before"]);
});

Deno.test("rpc.drain of a peer that has not agreed on it changes nothing", async () => {
  using timers = new FakeTimers();
  const methods = { back: (_: unknown, context: Context) => context.call("other") };
  await using wire = await Wire.open(methods);
  await wire.send(drain({ graceMs: 0 }));
  await wire.settled();
  timers.advance(limits.drainTimeoutMs);
  await wire.send(request(1, "back"));
  const call = await wire.receive();
  assertEquals(call.method, "other");
  assertEquals((await wire.ask({ jsonrpc: "2.0", id: call.id, result: 5 })).result, 5);
});

Deno.test("a client that is told sends new calls elsewhere, and those that run are answered", async () => {
  const server = new FakeServer(["drain"]);
  const client = new Client({ ...server, maxCallsInFlight: 1 });
  await client.connect();
  const [old] = server.ends;
  const running = client.call("running"), waiting = client.call("waiting");
  const { id } = await server.end.receive();
  await old?.send({ method: "rpc.drain", params: { graceMs: PATIENCE_MS } });
  while (server.ends.length === 1) await new Promise((resolve) => setTimeout(resolve));
  assertEquals([(await server.end.answer(2)).method, await waiting], ["waiting", 2]);
  await old?.send({ id, result: 1 });
  assertEquals([await running, await old?.receive()], [1, null]);
  await client.close();
});

Deno.test("a server that goes away during the sign-in fails no call", async () => {
  const server = new FakeServer(["drain"]);
  await using client = new Client({
    ...server,
    signIn: async (connection) => void (await connection.call("rpc.login", {})),
  });
  const call = client.call("one");
  const { end } = server;
  const { id } = await end.receive();
  await end.send({ method: "rpc.drain", params: {} });
  await end.send({ id, result: "welcome" });
  while (server.ends.length === 1) await new Promise((resolve) => setTimeout(resolve));
  await server.end.answer("welcome");
  assertEquals([(await server.end.answer(1)).method, await call], ["one", 1]);
  assertEquals(await end.receive(), null);
});
