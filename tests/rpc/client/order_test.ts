import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { Client } from "../../../lib/rpc/client/client.ts";
import type { Connection } from "../../../lib/transport/connection.ts";
import { FakeServer } from "../../support/far_end.ts";
import { startPair } from "../../support/rpc_pair.ts";

/** Everything that a client can send, in every way, one after the other. */
function sendEverything(client: Client, from: number): string[] {
  const names = Array.from({ length: 60 }, (_, n) => `m${from + n}`);
  const ignore = () => {};
  names.forEach((name, n) => {
    if (n % 6 === 0) client.call(name).catch(ignore);
    if (n % 6 === 1) client.notify(name).catch(ignore);
    if (n % 6 === 2) client.call(name, {}, { timeoutMs: 60_000 }).catch(ignore);
    if (n % 6 === 3) client.stream(name).next().catch(ignore);
    if (n % 6 === 4) client.call(name, {}, { idempotent: true }).catch(ignore);
    if (n % 6 === 5) client.call(name, {}, { auth: "token" }).catch(ignore);
  });
  return names;
}

async function receiveNames(server: FakeServer, count: number): Promise<string[]> {
  const names = [];
  while (names.length < count) names.push((await server.end.receive()).method);
  return names;
}

Deno.test("everything leaves in the order in which it was called, while connecting and later", async () => {
  const server = new FakeServer();
  const dialling = Promise.withResolvers<void>();
  const dial = async (): Promise<Connection> => {
    await dialling.promise;
    return await server.dial();
  };
  await using client = new Client({ dial });
  const expected = sendEverything(client, 0);
  dialling.resolve();
  await client.connect();
  expected.push(...sendEverything(client, 60));
  assertEquals(await receiveNames(server, expected.length), expected);
});

Deno.test("everything leaves in the order in which it was called, while calls wait for their turn", async () => {
  const server = new FakeServer();
  await using client = new Client({ ...server, maxCallsInFlight: 1 });
  await client.connect();
  const expected = sendEverything(client, 0);
  const names = [];
  while (names.length < expected.length) {
    const { id, method } = await server.end.receive();
    names.push(method);
    if (id !== undefined) await server.end.send({ id, result: null });
  }
  assertEquals(names, expected);
});

Deno.test("params are sent as they were when the call was made", async () => {
  const server = new FakeServer();
  await using client = new Client(server);
  const params = { n: 1 };
  const call = client.call("add", params);
  params.n = 2;
  await client.connect();
  assertEquals((await server.end.answer(null)).params, { n: 1 });
  await call;
});

Deno.test("three thousand calls at once wait for their turn, and all are answered", async () => {
  let running = 0, most = 0;
  const full = Promise.withResolvers<void>();
  await using pair = await startPair({
    async echo({ n }: { n: number }) {
      most = Math.max(most, ++running);
      if (running === limits.maxCallsInFlight) full.resolve();
      await full.promise;
      running--;
      return n;
    },
  });
  const numbers = Array.from({ length: 3_000 }, (_, n) => n);
  const results = await Promise.all(numbers.map((n) => pair.client.call("echo", { n })));
  assertEquals(results, numbers);
  assertEquals(most, limits.maxCallsInFlight);
});

Deno.test("the call after the last that may be under way is sent when one is answered", async () => {
  const server = new FakeServer();
  await using client = new Client({ ...server, maxCallsInFlight: 2 });
  await client.connect();
  const calls = ["a", "b", "c"].map((method) => client.call(method));
  const [a, b] = [await server.end.receive(), await server.end.receive()];
  assertEquals([a.method, b.method], ["a", "b"]);
  await server.end.send({ id: b.id, result: "b" });
  assertEquals(await calls[1], "b");
  const c = await server.end.receive();
  assertEquals([c.method, typeof c.meta.timeoutMs], ["c", "number"]);
  for (const { id, method } of [a, c]) await server.end.send({ id, result: method });
  assertEquals(await Promise.all(calls), ["a", "b", "c"]);
});

Deno.test("a call that waits for its turn ends with its deadline or its signal", async () => {
  const server = new FakeServer();
  await using client = new Client({ ...server, maxCallsInFlight: 1 });
  await client.connect();
  const first = client.call("first");
  const codeOf = (promise: Promise<unknown>) => promise.then(() => "no error", ({ code }) => code);
  const controller = new AbortController();
  const cancelled = codeOf(client.call("cancelled", {}, { signal: controller.signal }));
  assertEquals(await codeOf(client.call("late", {}, { timeoutMs: 1 })), "deadline_exceeded");
  controller.abort();
  assertEquals(await cancelled, "cancelled");
  const last = client.call("last");
  assertEquals((await server.end.answer(1)).method, "first");
  assertEquals((await server.end.answer(2)).method, "last");
  assertEquals([await first, await last], [1, 2]);
});

Deno.test("a connection that breaks takes no call along that was not sent", async () => {
  const server = new FakeServer();
  await using client = new Client({ ...server, maxCallsInFlight: 1 });
  await client.connect();
  const sent = client.call("sent").catch(({ code }) => code);
  const waiting = client.call("waiting");
  await server.end.receive();
  server.end.connection.abort();
  assertEquals(await sent, "unavailable");
  await client.connect();
  assertEquals([(await server.end.answer(7)).method, await waiting], ["waiting", 7]);
});

Deno.test("notifications to a server that does not read wait, and too many are refused", async () => {
  const server = new FakeServer();
  await using client = new Client(server);
  await client.connect();
  const text = "x".repeat(limits.maxUnsentCallCharacters);
  const states: string[] = [];
  // The first is being written, and with it the connection has as much as may wait there.
  const fits = 1 + limits.maxCharactersWaiting / (text.length + 4);
  const notes = Array.from({ length: fits + 1 }, () => client.notify("note", [text]));
  for (const note of notes) note.then(() => states.push("sent"), ({ code }) => states.push(code));
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(states, ["sent", "resource_exhausted"]);
  while (states.length < notes.length) await server.end.receive();
  assertEquals(states.filter((state) => state === "sent").length, Math.floor(fits));
});
