import { assertEquals, assertRejects } from "@std/assert";
import { DariError, TransportError } from "../../../lib/base/errors.ts";
import { Client } from "../../../lib/rpc/client/client.ts";
import type { ClientCallOptions } from "../../../lib/rpc/client/client_options.ts";
import { serve } from "../../../lib/endpoint/serve.ts";
import { listenMemory } from "../../../lib/transport/memory.ts";
import { countedSignal } from "../../support/counted_signal.ts";
import { FakeServer } from "../../support/far_end.ts";

const unreachable = () => new TransportError("unavailable", "nobody is there");

Deno.test("a client connects again after its connection broke", async () => {
  const memory = listenMemory();
  await using _server = await serve({ listen: memory, methods: { one: () => 1 } });
  const connections: { abort(): void }[] = [];
  await using client = new Client({
    async dial() {
      const connection = await memory.connect();
      connections.push(connection);
      return connection;
    },
  });
  assertEquals(await client.call("one"), 1);
  connections[0]?.abort();
  // The break may be seen before the call or by it.
  assertEquals(await client.call("one").catch(() => client.call("one")), 1);
  assertEquals(connections.length, 2);
});

Deno.test("calls made while connecting share one connection", async () => {
  const memory = listenMemory();
  await using _server = await serve({ listen: memory, methods: { one: () => 1 } });
  let dials = 0;
  await using client = new Client({ dial: () => (dials++, memory.connect()) });
  await Promise.all(Array.from({ length: 10 }, () => client.call("one")));
  assertEquals(dials, 1);
});

Deno.test("an idempotent call is tried again, any other is not", async () => {
  const memory = listenMemory();
  await using _server = await serve({ listen: memory, methods: { one: () => 1 } });
  let dials = 0;
  const flaky = () =>
    new Client({
      dial: () => ++dials % 3 === 0 ? memory.connect() : Promise.reject(unreachable()),
      random: () => 0,
    });
  await using client = flaky();
  assertEquals(await client.call("one", undefined, { idempotent: true }), 1);
  assertEquals(dials, 3);
  await using other = flaky();
  await assertRejects(() => other.call("one"), TransportError, "nobody is there");
  assertEquals(dials, 4);
});

/** A client whose server takes connections and answers nothing, a sign-in included. */
function unansweredClient() {
  const server = new FakeServer();
  return new Client({
    ...server,
    signIn: async (connection) => void (await connection.call("rpc.login", {})),
  });
}

const codeOf = (promise: Promise<unknown>) => promise.then(() => "no error", ({ code }) => code);

Deno.test("a client that is closed says so, and tries nothing again", async () => {
  let dials = 0;
  const client = new Client({ dial: () => (dials++, listenMemory().connect()) });
  await client.close();
  const options = { idempotent: true };
  await assertRejects(
    () => client.call("one", {}, options),
    TransportError,
    "The client is closed",
  );
  await assertRejects(() => client.stream("one").next(), TransportError, "The client is closed");
  await assertRejects(() => client.notify("one"), TransportError, "The client is closed");
  await assertRejects(() => client.connect(), TransportError, "The client is closed");
  assertEquals(dials, 0);
});

Deno.test("a call's deadline and signal hold while its client connects and signs in", async () => {
  await using client = unansweredClient();
  const counted = countedSignal();
  const call = (options: ClientCallOptions) => codeOf(client.call("one", undefined, options));
  assertEquals(await call({ timeoutMs: 1, signal: counted.signal }), "deadline_exceeded");
  assertEquals(counted.listeners, 0);
  const waiting = [2 ** 31, Infinity].map((timeoutMs) =>
    call({ timeoutMs, signal: counted.signal })
  );
  assertEquals(await call({ timeoutMs: 1 }), "deadline_exceeded");
  counted.abort();
  assertEquals([await Promise.all(waiting), counted.listeners], [["cancelled", "cancelled"], 0]);
  assertEquals(await call({ signal: counted.signal }), "cancelled");
});

Deno.test("a stream's deadline and signal hold while its client connects and signs in", async () => {
  await using client = unansweredClient();
  const timed = client.stream("count", undefined, { timeoutMs: 1 });
  const controller = new AbortController();
  const cancelled = client.stream("count", undefined, { signal: controller.signal });
  assertEquals(await codeOf(timed.next()), "deadline_exceeded");
  controller.abort();
  assertEquals(await codeOf(cancelled.next()), "cancelled");
});

Deno.test("close() while connecting rejects every call and stream that waits", async () => {
  const client = unansweredClient();
  const waiting = [client.call("one"), client.stream("count").next(), client.notify("note")];
  const codes = Promise.all(waiting.map(codeOf));
  await client.close();
  assertEquals(await codes, ["unavailable", "unavailable", "unavailable"]);
});

Deno.test("cancelling ends the pause before the next try", async () => {
  const controller = new AbortController();
  let dials = 0;
  await using client = new Client({
    dial() {
      if (++dials === 1) setTimeout(() => controller.abort(), 0);
      return Promise.reject(unreachable());
    },
    random: () => 0.99,
  });
  const { signal } = controller;
  const call = client.call("one", undefined, { idempotent: true, signal });
  assertEquals([await codeOf(call), dials], ["cancelled", 1]);
});

Deno.test("a call with a deadline of its own tells the server what is left of it", async () => {
  const server = new FakeServer();
  await using client = new Client({ ...server, clock: { now: () => 0, monotonic: () => 0 } });
  const call = client.call("add", { a: 1 }, { timeoutMs: 1_234, auth: "token" });
  await client.connect();
  const { meta, auth } = await server.end.answer(3);
  assertEquals([await call, meta, auth], [3, { timeoutMs: 1_234 }, "token"]);
  const plain = client.call("add", { a: 1 });
  assertEquals((await server.end.answer(4)).meta, undefined);
  assertEquals(await plain, 4);
});

Deno.test("a notification is sent before a call that is made behind it", async () => {
  const server = new FakeServer();
  await using client = new Client(server);
  await client.connect();
  await Promise.all([
    client.notify("first", { n: 1 }),
    client.call("second"),
    (async () => {
      assertEquals((await server.end.receive()).method, "first");
      assertEquals((await server.end.answer(null)).method, "second");
    })(),
  ]);
});

Deno.test("peer is the server while the client is connected", async () => {
  const server = new FakeServer();
  const client = new Client(server);
  assertEquals(client.peer, undefined);
  await client.connect();
  assertEquals(client.peer?.transport, "memory");
  await client.close();
  assertEquals(client.peer, undefined);
});

Deno.test("however often a call is tried, it leaves no listener on its signal", async () => {
  const counted = countedSignal();
  const { signal } = counted;
  await using client = new Client({
    dial: () => Promise.reject(unreachable()),
    retry: { maxAttempts: 3 },
    random: () => 0,
  });
  const options = { idempotent: true, signal, timeoutMs: 20 };
  assertEquals(await codeOf(client.call("one", {}, options)), "deadline_exceeded");
  assertEquals(counted.listeners, 0);
  const server = new FakeServer();
  await using other = new Client(server);
  await other.connect();
  const call = other.call("one", {}, { idempotent: true, signal });
  const busy = { code: -32005, message: "busy", data: { retryable: true, retryAfterMs: 0 } };
  for (let n = 0; n < 2; n++) {
    await server.end.send({ id: (await server.end.receive()).id, error: busy });
  }
  await server.end.answer("done");
  assertEquals([await call, counted.listeners], ["done", 0]);
});

Deno.test("params that JSON cannot carry are refused before anything is sent", async () => {
  const server = new FakeServer();
  await using client = new Client(server);
  const params = { pattern: /x/ };
  const ways = [
    client.call("add", params),
    client.call("add", params, { timeoutMs: 1_000 }),
    client.stream("add", params).next(),
    client.notify("add", params),
  ];
  for (const error of await Promise.all(ways.map((way) => assertRejects(() => way, DariError)))) {
    assertEquals(error.code, "invalid_params");
    assertEquals(
      error.message,
      'The params of "add" cannot be sent: params.pattern: a RegExp cannot travel',
    );
  }
  assertEquals(server.ends.length, 0);
});

Deno.test("leaving a stream ends its next() at once, whatever the server does", async () => {
  const server = new FakeServer();
  await using client = new Client(server);
  await client.connect();
  const stream = client.stream("never");
  const next = stream.next();
  const { id } = await server.end.receive();
  assertEquals(await stream.return(), { done: true, value: undefined });
  assertEquals(await next, { done: true, value: undefined });
  const { method, params } = await server.end.receive();
  assertEquals([method, params], ["rpc.cancel", { id }]);
});
