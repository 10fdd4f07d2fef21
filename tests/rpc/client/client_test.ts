import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError, TransportError } from "../../../lib/base/errors.ts";
import {
  Client,
  type ClientCallOptions,
  type OpenSession,
} from "../../../lib/rpc/client/client.ts";
import { RetryPolicy } from "../../../lib/rpc/client/retry.ts";
import { serve } from "../../../lib/endpoint/serve.ts";
import { listenMemory } from "../../../lib/transport/memory.ts";

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

Deno.test("a call with a deadline beyond what a timer takes waits for its connection", async () => {
  const memory = listenMemory();
  await using _server = await serve({ listen: memory, methods: { one: () => 1 } });
  await using client = new Client({
    dial: async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return await memory.connect();
    },
  });
  assertEquals(await client.call("one", undefined, { timeoutMs: 2 ** 31 }), 1);
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

Deno.test("a client that is closed says so", async () => {
  const client = new Client({ dial: () => listenMemory().connect() });
  await client.close();
  await assertRejects(() => client.call("one"), TransportError, "The client is closed");
});

Deno.test("connecting that takes too long is unavailable", async () => {
  const client = new Client({
    connectTimeoutMs: 5,
    dial: (signal) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  });
  const error = await assertRejects(() => client.connect(), TransportError, "within 5 ms");
  assertEquals(error.code, "unavailable");
});

/** A server that takes connections and never answers. */
function silence() {
  const memory = listenMemory();
  const dial = async () => {
    const [near] = await Promise.all([memory.connect(), memory[Symbol.asyncIterator]().next()]);
    return near;
  };
  const signIn = async (session: OpenSession) => void (await session.call("rpc.login", {}));
  return { dial, signIn };
}

Deno.test("a connection that comes too late is not kept", async () => {
  const memory = listenMemory();
  await using server = await serve({ listen: memory, methods: {} });
  await using client = new Client({
    connectTimeoutMs: 5,
    dial: async (signal) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return await memory.connect();
    },
  });
  await assertRejects(() => client.connect(), TransportError, "within 5 ms");
  await server.close();
  assertEquals(server.connections, 0);
});

Deno.test("a sign-in that is not answered ends with the time for connecting", async () => {
  await using client = new Client({ ...silence(), connectTimeoutMs: 20 });
  const error = await assertRejects(() => client.connect(), TransportError, "within 20 ms");
  assertEquals(error.code, "unavailable");
});

Deno.test("a call's deadline and signal hold while its client connects and signs in", async () => {
  await using client = new Client({ ...silence(), connectTimeoutMs: 500 });
  const codeOf = (options: ClientCallOptions) =>
    client.call("one", undefined, options).catch(({ code }) => code);
  assertEquals(await codeOf({ timeoutMs: 20 }), "deadline_exceeded");
  assertEquals(await codeOf({ signal: AbortSignal.timeout(20) }), "cancelled");
  assertEquals(await codeOf({ signal: AbortSignal.abort() }), "cancelled");
});

Deno.test("a sign-in that fails closes the connection and is the call's error", async () => {
  const memory = listenMemory();
  await using server = await serve({ listen: memory, methods: {} });
  const client = new Client({
    dial: () => memory.connect(),
    signIn: () => Promise.reject(new DariError("unauthenticated", "wrong password")),
  });
  const error = await assertRejects(() => client.connect(), DariError, "wrong password");
  assertEquals(error.code, "unauthenticated");
  await server.close();
  assertEquals(server.connections, 0);
});

Deno.test("RetryPolicy doubles the ceiling of its pauses, and waits as long as it is told", () => {
  const policy = new RetryPolicy(() => 0.5);
  const error = unreachable();
  assertEquals([1, 2, 3].map((attempt) => policy.pauseMs(error, attempt)), [50, 100, 200]);
  assertEquals(policy.pauseMs(error, 4), undefined);
  const told = new DariError("resource_exhausted", "busy", { retryAfterMs: 1_234 });
  assertEquals(policy.pauseMs(told, 1), 1_234);
});

Deno.test("RetryPolicy retries nothing that would fail again", () => {
  const policy = new RetryPolicy(() => 0);
  for (const error of [new DariError("invalid_params", ""), new Error(), undefined]) {
    assertEquals(policy.pauseMs(error, 1), undefined);
  }
});

Deno.test("RetryPolicy stops when its budget is spent, and earns it back by successes", () => {
  const policy = new RetryPolicy(() => 0);
  let retries = 0;
  while (policy.pauseMs(unreachable(), 1) !== undefined) retries++;
  assertEquals(retries, 10);
  for (let n = 0; n < 11; n++) policy.succeeded();
  assert(policy.pauseMs(unreachable(), 1) !== undefined);
  assertEquals(policy.pauseMs(unreachable(), 1), undefined);
});
