import { assert, assertEquals } from "@std/assert";
import { DariError, TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { Client } from "../../../lib/rpc/client/client.ts";
import type { ClientOptions } from "../../../lib/rpc/client/client_options.ts";
import { FakeServer } from "../../support/far_end.ts";
import { FakeTimers } from "../../support/fake_timers.ts";

const soon = { pauseMs: 1, maxPauseMs: 2 };

/** A client whose server is down until `start`. */
function stopped(options: Omit<ClientOptions, "dial"> = {}) {
  const server = new FakeServer();
  const { promise, resolve } = Promise.withResolvers<void>();
  let isUp = false;
  let attempts = 0;
  const dial = () => {
    if (isUp) return server.dial();
    if (++attempts === 3) resolve();
    return Promise.reject(new TransportError("unavailable", "nobody is there"));
  };
  const client = new Client({ dial, reconnect: soon, ...options });
  return {
    server,
    client,
    start: () => isUp = true,
    triedOften: promise,
    attempts: () => attempts,
  };
}

Deno.test("a call that waits for a server is sent once there is one", async () => {
  const { server, client, start, triedOften } = stopped();
  const calls = [
    client.call("one", {}, { waitForReady: true }),
    client.call("two", {}, { idempotent: true }),
  ];
  await triedOften;
  start();
  while (server.ends.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals((await server.end.answer(1)).method, "one");
  assertEquals((await server.end.answer(2)).method, "two");
  assertEquals(await Promise.all(calls), [1, 2]);
  await client.close();
});

Deno.test("a client that waits for its server waits with every call, stream and notification", async () => {
  const { server, client, start, triedOften } = stopped({ waitForReady: true });
  const call = client.call("one"), items = Array.fromAsync(client.stream("two"));
  const notified = client.notify("three");
  await triedOften;
  start();
  await notified;
  assertEquals((await server.end.answer(1)).method, "one");
  assertEquals((await server.end.answer(null)).method, "two");
  assertEquals([await call, await items], [1, []]);
  await client.close();
});

Deno.test("a call fails at its deadline, and says why there was no connection", async () => {
  const { client } = stopped({ waitForReady: true });
  const error = await client.call("one", {}, { timeoutMs: 10 }).catch((error) => error);
  assertEquals([error.code, error.cause.message], ["deadline_exceeded", "nobody is there"]);
  assertEquals(
    error.message,
    '"one" could not be sent before its deadline: nobody is there',
  );
  await client.close();
});

Deno.test("a call that does not wait fails with the attempt, while others wait on", async () => {
  const { client, attempts } = stopped({ waitForReady: true });
  const waiting = client.call("one").catch(({ message }) => message);
  const error = await client.call("two", {}, { waitForReady: false }).catch((error) => error);
  assertEquals([error.code, error.message, attempts()], ["unavailable", "nobody is there", 1]);
  const idempotent = { idempotent: true, waitForReady: false, timeoutMs: 1 };
  assert(await client.call("three", {}, idempotent).catch((error) => error) instanceof DariError);
  await client.close();
  assertEquals(await waiting, "The client is closed");
});

Deno.test("while calls wait through a pause, one more patient call makes no attempt of its own", async () => {
  const { client, attempts } = stopped({
    waitForReady: true,
    reconnect: { pauseMs: 60_000, maxPauseMs: 60_000 },
    random: () => 0.9,
  });
  const waiting = [client.call("one")];
  await client.connect().catch(() => {});
  waiting.push(client.call("two"), client.call("three"));
  assertEquals(attempts(), 1);
  await client.call("four", {}, { waitForReady: false }).catch(() => {});
  assertEquals(attempts(), 2);
  await client.close();
  assertEquals((await Promise.allSettled(waiting)).map(({ status }) => status), [
    "rejected",
    "rejected",
    "rejected",
  ]);
});

Deno.test("a call uses its deadline to the end: pauses leave time for another attempt", async () => {
  using timers = new FakeTimers();
  const { server, client, start, attempts } = stopped({
    waitForReady: true,
    reconnect: { pauseMs: 60_000, maxPauseMs: 60_000 },
    random: () => 0.9,
    clock: { monotonic: () => timers.now, now: () => timers.now },
  });
  const passing = async (ms: number) => {
    for (let n = 0; n < 100; n++) await Promise.resolve();
    timers.advance(ms);
    for (let n = 0; n < 100; n++) await Promise.resolve();
  };
  const call = client.call("one", {}, { timeoutMs: 1_000 });
  await passing(499);
  assertEquals(attempts(), 1);
  await passing(1);
  assertEquals(attempts(), 2);
  start();
  await passing(249);
  assertEquals(server.ends.length, 0);
  await passing(1);
  await server.end.answer(1);
  assertEquals(await call, 1);
  server.end.connection.abort();
  await client.close();
});

Deno.test("attempts for a call whose deadline is near follow each other after a least pause", async () => {
  const { client, attempts } = stopped({
    waitForReady: true,
    reconnect: { pauseMs: 60_000, maxPauseMs: 60_000 },
    random: () => 0.9,
  });
  const timeoutMs = 10 * limits.minReconnectPauseMs;
  await client.call("one", {}, { timeoutMs }).catch(() => {});
  assert(attempts() > 1 && attempts() < 15, `${attempts()} attempts`);
  await client.close();
});

Deno.test("no call waits where trying again does not help", async () => {
  const refused = new TransportError("unavailable", "not valid", { retryable: false });
  await using client = new Client({ dial: () => Promise.reject(refused), waitForReady: true });
  assertEquals(await client.call("one").catch((error) => error), refused);
});
