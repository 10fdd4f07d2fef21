import { assert, assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { Client } from "../../../lib/rpc/client/client.ts";
import type { Methods } from "../../../lib/rpc/method/method.ts";
import { createPeerGate } from "../../../lib/rpc/server/peer_gate.ts";
import { Server } from "../../../lib/rpc/server/server.ts";
import { memoryPair } from "../../../lib/transport/memory.ts";
import { Wire } from "../../support/rpc_pair.ts";

const hello = (params: unknown, id: unknown = 1) => ({
  jsonrpc: "2.0",
  id,
  method: "rpc.hello",
  params,
});
const least = { versions: ["dari/1"] };

Deno.test("a server says what it knows, once a connection", async () => {
  await using wire = await Wire.open({});
  const { result } = await wire.ask(hello({ ...least, mood: "fine", features: ["telepathy"] }));
  assertEquals(result.versions, ["dari/1"]);
  assertEquals(result.features, ["values", "bytes", "streams", "drain"]);
  assertEquals(result.limits, {
    maxLineBytes: limits.maxLineBytes,
    maxCallsInFlight: limits.maxCallsInFlight,
  });
  assert(result.agent.startsWith("dari/"));
  assertEquals((await wire.ask(hello(least, 2))).error.code, -32009);
});

Deno.test("a hello of wrong types is invalid params, and a right one may follow, late", async () => {
  await using wire = await Wire.open({ add: () => 3 }, { public: ["add"] });
  for (const params of [undefined, [], {}, { versions: 1 }, { ...least, features: {} }]) {
    assertEquals((await wire.ask(hello(params))).error.code, -32602);
  }
  assertEquals((await wire.ask(hello({ versions: ["dari/9"] }))).error.code, -32009);
  await wire.ask({ jsonrpc: "2.0", id: 2, method: "add" });
  assertEquals((await wire.ask(hello(least, 3))).result.versions, ["dari/1"]);
});

Deno.test("a hello before the sign-in signs nobody in", async () => {
  const gate = { ...createPeerGate(), identify: () => Promise.resolve(null) };
  await using wire = await Wire.open({ secret: () => 1 }, { gate });
  await wire.ask(hello(least));
  assertEquals((await wire.ask({ jsonrpc: "2.0", id: 2, method: "secret" })).error.code, -32001);
});

Deno.test("a hello as a notification is ignored", async () => {
  await using wire = await Wire.open({});
  await wire.send({ jsonrpc: "2.0", method: "rpc.hello", params: least });
  assertEquals(await wire.settled(), []);
  assertEquals((await wire.ask(hello(least))).result.versions, ["dari/1"]);
});

/** A client whose server the test plays. */
function clientOf() {
  const [near, far] = memoryPair();
  near.maxLineBytes = far.maxLineBytes = 16 * 1024 * 1024;
  const client = new Client({ dial: () => Promise.resolve(near) });
  let text = "";
  const next = async () => {
    while (!text.includes("\n")) text += await far.receive();
    const line = text.slice(0, text.indexOf("\n"));
    text = text.slice(line.length + 1);
    return JSON.parse(line);
  };
  const say = (message: unknown) => far.send(`${JSON.stringify(message)}\n`);
  return { client, next, say };
}

Deno.test("a client's plain calls do not wait for the answer to its hello; calls with values do", async () => {
  const { client, next, say } = clientOf();
  await using _ = client;
  const plain = client.call("add", { a: 1 });
  const asked = await next();
  assertEquals([asked.method, asked.params.versions], ["rpc.hello", ["dari/1"]]);
  assertEquals((await next()).params, { a: 1 });
  const typed = client.call("echo", { when: new Date(0) });
  const behind = client.call("add", { a: 2 });
  await say({ jsonrpc: "2.0", id: 2, result: 5 });
  assertEquals(await plain, 5);
  const answer = { versions: ["dari/1"], features: ["values"] };
  await say({ jsonrpc: "2.0", id: asked.id, result: answer });
  const sent = await next();
  assertEquals([sent.params, sent.types], [{ when: "1970-01-01T00:00:00.000Z" }, {
    "/when": "date",
  }]);
  const last = await next();
  assertEquals(last.params, { a: 2 });
  await say({ jsonrpc: "2.0", id: sent.id, types: { "": "date" }, result: "1970-01-01T00:00:00Z" });
  await say({ jsonrpc: "2.0", id: last.id, result: 6 });
  assertEquals([await typed, await behind], [new Date(0), 6]);
});

Deno.test("a server of old gets plain JSON", async () => {
  const { client, next, say } = clientOf();
  await using _ = client;
  const typed = client.call("echo", { when: new Date(0), n: 5n });
  const asked = await next();
  await say({ jsonrpc: "2.0", id: asked.id, error: { code: -32601, message: "no such method" } });
  const sent = await next();
  assertEquals(sent.params, { when: "1970-01-01T00:00:00.000Z", n: "5" });
  assert(!("types" in sent));
  await say({ jsonrpc: "2.0", id: sent.id, result: "plain" });
  assertEquals(await typed, "plain");
});

/** A server that is asked what it knows and called at once; gives how many lines each write has. */
async function writesOf(methods: Methods): Promise<number[]> {
  const [near, far] = memoryPair();
  const server = new Server({ methods, public: Object.keys(methods) });
  const served = server.attach(far);
  const call = { jsonrpc: "2.0", id: 2, method: "get" };
  await near.send(`${JSON.stringify(hello(least))}\n${JSON.stringify(call)}\n`);
  const writes: number[] = [];
  for (let lines = 0; lines < 2; lines += writes.at(-1) ?? 0) {
    writes.push(String(await near.receive()).split("\n").length - 1);
  }
  near.abort();
  await served;
  await server.close();
  return writes;
}

Deno.test("the answer to a hello leaves with the reply of a handler that calls nothing, and else before", async () => {
  assertEquals(await writesOf({ get: () => 3 }), [2]);
  assertEquals(await writesOf({ get: () => Math.abs(-3) }), [1, 1]);
});

Deno.test("the answer to a hello has left when a handler begins that may end the program", async () => {
  const [near, far] = memoryPair();
  const sent: string[] = [];
  const { send } = far;
  far.send = (lines: string) => {
    sent.push(lines);
    return send.call(far, lines);
  };
  let before: string[] = [];
  await using server = new Server({
    methods: { end: () => void (before = sent.slice()) },
    public: ["end"],
  });
  const served = server.attach(far);
  const call = { jsonrpc: "2.0", id: 2, method: "end" };
  await near.send(`${JSON.stringify(hello(least))}\n${JSON.stringify(call)}\n`);
  await near.receive();
  assertEquals(before.map((lines) => JSON.parse(lines).id), [1]);
  near.abort();
  await served;
});
