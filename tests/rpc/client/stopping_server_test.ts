import { assert, assertEquals, assertRejects } from "@std/assert";
import { deadline } from "../../../lib/base/abort.ts";
import { errorTable, RpcError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { turn } from "../../../lib/base/turn.ts";
import { serve } from "../../../lib/endpoint/serve.ts";
import { Client } from "../../../lib/rpc/client/client.ts";
import { listenMemory } from "../../../lib/transport/memory.ts";
import type { HostAddress } from "../../../lib/transport/address.ts";
import { parseAddress } from "../../../lib/transport/scheme/parse.ts";
import { connectTcp } from "../../../lib/transport/tcp.ts";
import { FakeServer } from "../../support/far_end.ts";

const PATIENCE_MS = 20_000;

/** A method that streams until it is let go, and one that counts how often it ran. */
function program() {
  const released = Promise.withResolvers<void>();
  const counted = { calls: 0, notes: 0 };
  return {
    release: released.resolve,
    counted,
    methods: {
      async *ticks() {
        yield "first";
        await released.promise;
        yield "last";
      },
      one: () => ++counted.calls,
      note: () => void counted.notes++,
      async *numbers({ to }: { to: number }) {
        for (let n = 1; n <= to; n++) yield await Promise.resolve(n);
      },
    },
  };
}

Deno.test("no call fails while its server stops with a stream open and another one listens", async () => {
  const old = program(), young = program();
  const port = listenMemory();
  const oldServer = await serve({ listen: port, methods: old.methods });
  let at = port;
  await using client = new Client<typeof old.methods>({ dial: () => at.connect() });
  const stream = client.stream("ticks");
  assertEquals((await stream.next()).value, "first");

  at = listenMemory();
  await using _youngServer = await serve({ listen: at, methods: young.methods });
  const closing = oldServer.close(PATIENCE_MS);
  const calls: Promise<unknown>[] = [];
  for (let n = 0; n < 100; n++) {
    calls.push(client.call("one"), client.call("one", undefined, { timeoutMs: PATIENCE_MS }));
    calls.push(Array.fromAsync(client.stream("numbers", { to: 3 })));
  }
  const results = await deadline(Promise.all(calls), PATIENCE_MS);
  // What was sent before the client knew is still served, and nothing after that.
  assertEquals([old.counted.calls, young.counted.calls], [200, 0]);
  for (let n = 0; n < 100; n++) await deadline(client.call("one"), PATIENCE_MS);
  assertEquals([old.counted.calls, young.counted.calls], [200, 100]);
  assertEquals(results.filter(Array.isArray), Array(100).fill([1, 2, 3]));

  // What ran on the old connection goes on there, and the server need not wait longer than for that.
  old.release();
  assertEquals((await stream.next()).value, "last");
  assertEquals((await stream.next()).done, true);
  await deadline(closing, PATIENCE_MS);
});

Deno.test("a client without hello is refused by a server that stops, and its calls go to another one", async () => {
  const old = program(), young = program();
  const port = listenMemory();
  const oldServer = await serve({ listen: port, methods: old.methods });
  let at = port;
  await using client = new Client<typeof old.methods>({ dial: () => at.connect(), hello: false });
  const stream = client.stream("ticks");
  assertEquals((await stream.next()).value, "first");
  at = listenMemory();
  await using _youngServer = await serve({ listen: at, methods: young.methods });
  const closing = oldServer.close(PATIENCE_MS);
  await Promise.all(Array.from({ length: 100 }, () => client.call("one")));
  assertEquals([old.counted.calls, young.counted.calls], [0, 100]);
  old.release();
  assertEquals((await Array.fromAsync(stream)).length, 1);
  await deadline(closing, PATIENCE_MS);
});

Deno.test("over TCP no call fails while one server takes another's place", async () => {
  const old = program(), young = program();
  const options = { listen: "tcp://127.0.0.1:0", public: ["one", "ticks"] };
  const oldServer = await serve({ ...options, methods: old.methods });
  await using youngServer = await serve({ ...options, methods: young.methods });
  let [at] = oldServer.addresses;
  await using client = new Client<typeof old.methods>({
    dial: () => connectTcp(parseAddress(at as string) as HostAddress),
  });
  const stream = client.stream("ticks");
  assertEquals((await stream.next()).value, "first");
  [at] = youngServer.addresses;
  const closing = oldServer.close(PATIENCE_MS);
  await client.call("one"); // it may have been sent before the client knew
  const crossed = old.counted.calls;
  for (let n = 0; n < 50; n++) await client.call("one");
  assertEquals([old.counted.calls, young.counted.calls], [crossed, 51 - crossed]);
  old.release();
  await deadline(closing, PATIENCE_MS);
});

const stopping = {
  code: errorTable.unavailable.wire,
  message: "The server is stopping; connect again",
  data: { name: "unavailable", retryable: true, stopping: true },
};

/** The client has heard that its server stops, and has connected anew. */
async function untilDialled(server: FakeServer, times: number): Promise<void> {
  while (server.ends.length < times) await turn();
}

Deno.test("a call that every server refuses as it stops fails after some tries", async () => {
  const server = new FakeServer();
  await using client = new Client(server);
  const error = assertRejects(() => client.call("one"), RpcError, "The server is stopping");
  for (let tries = 1; tries <= limits.maxAttempts; tries++) {
    await client.connect();
    const { end } = server;
    await end.send({ id: (await end.receive()).id, error: stopping });
    assertEquals(await end.receive(), null);
  }
  await error;
  assertEquals(server.ends.length, limits.maxAttempts);
});

Deno.test("a connection whose server stops ends with its last call, or with the client", async () => {
  const server = new FakeServer();
  const client = new Client(server);
  await client.connect();
  const [old] = server.ends;
  assert(old !== undefined);
  const running = client.call("running"), refused = client.call("refused");
  const { id } = await old.receive();
  await old.send({ id: (await old.receive()).id, error: stopping });
  await untilDialled(server, 2);
  assertEquals([(await server.end.answer(2)).method, await refused], ["refused", 2]);
  const another = client.call("another");
  assertEquals((await server.end.answer(3)).method, "another");
  assertEquals(await another, 3);
  await old.send({ id, result: 1 });
  assertEquals([await running, await old.receive()], [1, null]);
  assertEquals(server.ends.length, 2);
  await client.close();
});

Deno.test("close() ends a connection that its server is about to end", async () => {
  const server = new FakeServer();
  const client = new Client(server);
  await client.connect();
  const [old] = server.ends;
  assert(old !== undefined);
  const running = client.call("running").catch(({ code }) => code);
  const refused = client.call("refused").catch(({ code }) => code);
  await old.receive();
  await old.send({ id: (await old.receive()).id, error: stopping });
  await untilDialled(server, 2);
  await deadline(client.close(), PATIENCE_MS);
  assertEquals([await running, await refused], ["unavailable", "unavailable"]);
  assertEquals(await old.receive(), null);
});

Deno.test("a sign-in that a stopping server refuses is not sent over another connection", async () => {
  const server = new FakeServer();
  let signIns = 0;
  await using client = new Client({
    ...server,
    signIn: async (connection) => {
      if (++signIns > 1) return;
      await connection.call("rpc.login", {});
      // Renews its session once the connection is in use.
      connection.call("rpc.login", { renewed: true }).catch(() => {});
    },
  });
  const connecting = client.connect();
  const { end } = server;
  await end.answer({});
  await connecting;
  await end.send({ id: (await end.receive()).id, error: stopping });
  assertEquals(await end.receive(), null);
  const call = client.call("one");
  await client.connect();
  assertEquals([(await server.end.answer(1)).method, await call], ["one", 1]);
});

Deno.test("a server that stops before the sign-in fails no call", async () => {
  const server = new FakeServer();
  const dialledAgain = Promise.withResolvers<void>();
  await using client = new Client({
    dial() {
      if (server.ends.length === 1) dialledAgain.resolve();
      return server.dial();
    },
    signIn: async (connection) => void (await connection.call("rpc.login", {})),
  });
  const call = client.call("one");
  const { end } = server;
  await end.send({ id: (await end.receive()).id, error: stopping });
  await dialledAgain.promise;
  await server.end.answer("welcome");
  const { method, meta } = await server.end.answer(1);
  assertEquals([method, typeof meta.timeoutMs, await call], ["one", "number", 1]);
  assertEquals(await end.receive(), null);
});
