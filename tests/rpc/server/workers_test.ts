import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DariError, RpcError } from "../../../lib/base/errors.ts";
import { registerMethods } from "../../../lib/rpc/method/registry.ts";
import { method, type Methods } from "../../../lib/rpc/method/method.ts";
import { codeOf, startPool, Told } from "../../support/pool.ts";
import { methods } from "../../support/pool_methods.ts";
import { startPair } from "../../support/rpc_pair.ts";

/** The same methods, run where the server runs. */
const inline: Methods = Object.fromEntries(
  Object.entries(methods).map(([name, { handler }]) => [name, method({ handler })]),
);

/** How a call ended, as its caller sees it. */
async function outcomeOf(call: Promise<unknown>): Promise<unknown> {
  try {
    return { result: await call };
  } catch (error) {
    assert(error instanceof RpcError, `the call rejected with ${error}`);
    const { code, message, retryable, retryAfterMs, data } = error;
    const { requestId, ...rest } = data as { requestId?: string };
    return { code, message, retryable, retryAfterMs, data: rest, isFound: requestId !== undefined };
  }
}

/** Calls whose outcome must not tell where they ran. */
const calls: readonly [name: string, params: unknown][] = [
  ["add", { a: 10, b: 20 }],
  ["echo", { text: "다리", list: [1, null, { deep: true }] }],
  ["echo", { long: "x".repeat(200_000) }],
  ["giveText", { length: 300_000 }],
  ["giveFunction", undefined],
  ["fail", undefined],
  ["failTyped", undefined],
  ["failLater", undefined],
  ["failCyclic", undefined],
];

for (const [name, params] of calls) {
  const size = JSON.stringify(params)?.length ?? 0;
  Deno.test(`a call of ${name} (${size} bytes) ends the same inline and in a worker`, async () => {
    await using pool = startPool();
    await using here = await startPair(inline);
    await using there = await startPair(methods as Methods, { pool });
    const expected = await outcomeOf(here.client.call(name, params));
    assertEquals(await outcomeOf(there.client.call(name, params)), expected);
  });
}

Deno.test("a deadline ends a call in a worker, and the next one goes through", async () => {
  using told = new Told();
  await using pool = startPool({ graceMs: 1 });
  await using pair = await startPair(methods as Methods, { pool });
  const params = { channel: told.channel };
  const late = await codeOf(pair.client.call("deaf", params, { timeoutMs: 50 }));
  assertEquals(late, "deadline_exceeded");
  assertEquals(await pair.client.call("add", { a: 1, b: 1 }), 2);
});

Deno.test("a call that its client cancels is cancelled in the worker", async () => {
  using told = new Told();
  await using pool = startPool({ graceMs: 1_000_000 });
  await using pair = await startPair(methods as Methods, { pool });
  const controller = new AbortController();
  const { signal } = controller;
  const call = codeOf(pair.client.call("untilCancelled", { channel: told.channel }, { signal }));
  await told.hear("started");
  controller.abort();
  assertEquals(await call, "cancelled");
  await told.hear("cancelled");
  assertEquals(await pair.client.call("add", { a: 1, b: 1 }), 2);
});

Deno.test("a client that goes away takes its call out of the worker", async () => {
  using told = new Told();
  await using pool = startPool({ graceMs: 1_000_000 });
  const pair = await startPair(methods as Methods, { pool });
  const call = codeOf(pair.client.call("untilCancelled", { channel: told.channel }));
  await told.hear("started");
  await pair.client.close();
  assertEquals(await call, "unavailable");
  await told.hear("cancelled");
  await pair.server.close(0);
});

Deno.test("a worker that dies fails its call alone", async () => {
  using told = new Told();
  await using pool = startPool();
  await using pair = await startPair(methods as Methods, { pool });
  const call = pair.client.call("leave", { channel: told.channel });
  const others = [1, 2, 3].map((a) => pair.client.call("add", { a, b: 0 }));
  const error = await assertRejects(() => call, DariError);
  assertEquals(error.code, "unavailable");
  assertEquals(await Promise.all(others), [1, 2, 3]);
});

Deno.test("a stream in a worker, and a worker without a pool, are refused at registration", () => {
  const pool = { call: () => Promise.resolve() };
  const stream = method({ worker: true, handler: async function* () {} });
  assertThrows(() => registerMethods({ stream }, [], pool), TypeError, '"stream" streams');
  assertThrows(() => registerMethods(methods as Methods), TypeError, "no pool");
});
