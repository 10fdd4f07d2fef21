import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError, RpcError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { Deadlines } from "../../../lib/rpc/call/deadlines.ts";
import { TestClock } from "../../support/clock.ts";
import { countedSignal } from "../../support/counted_signal.ts";
import { startPair, waitsUntilAborted, Wire } from "../../support/rpc_pair.ts";

const never = () => new Promise<never>(() => {});

Deno.test("a call that is not answered rejects at its deadline, and the handler is told", async () => {
  const { methods, begun, told } = waitsUntilAborted();
  const clock = new TestClock();
  await using pair = await startPair(methods, { clock }, { clock });
  const rejected = assertRejects(
    () => pair.client.call("wait", undefined, { timeoutMs: 5 }),
    DariError,
  );
  await begun;
  clock.advance(5);
  const error = await rejected;
  assertEquals([error.code, error.retryable], ["deadline_exceeded", true]);
  assert(await told instanceof DariError);
});

Deno.test("the server answers for a handler that overstays its deadline", async () => {
  await using wire = await Wire.open({ wait: never }, { callTimeoutMs: 5 });
  const { error } = await wire.ask({ jsonrpc: "2.0", id: 1, method: "wait" });
  assertEquals([error.code, error.data.name], [-32003, "deadline_exceeded"]);
});

Deno.test("the time that is left travels with the call and reaches the handler as its deadline", async () => {
  const clock = new TestClock();
  const left = (_: unknown, context: Context) => context.deadline - clock.now();
  await using pair = await startPair({ left }, { clock }, { clock });
  const { client } = pair;
  assertEquals(await client.call("left", undefined, { timeoutMs: 1_234 }), 1_234);
  assertEquals(await client.call("left"), limits.callTimeoutMs);
  assertEquals(
    await client.call("left", undefined, { timeoutMs: Infinity }),
    limits.maxCallTimeoutMs,
  );
  clock.step(60_000); // Somebody sets the wall clock: the time left is the same.
  assertEquals(await client.call("left", undefined, { timeoutMs: 1_234 }), 1_234);
});

Deno.test("a handler's own call back ends with the call that it serves", async () => {
  const clock = new TestClock();
  const methods = { ask: (_: unknown, context: Context) => context.call("left") };
  const left = (_: unknown, context: Context) => context.deadline - clock.now();
  await using pair = await startPair(methods, { clock }, { clock, methods: { left } });
  assertEquals(await pair.client.call("ask", undefined, { timeoutMs: 777 }), 777);
});

Deno.test("a client's own default deadline replaces the common one", async () => {
  const clock = new TestClock();
  const left = (_: unknown, context: Context) => context.deadline - clock.now();
  await using pair = await startPair({ left }, { clock }, { clock, timeoutMs: 99 });
  assertEquals(await pair.client.call("left"), 99);
});

Deno.test("cancelling rejects the call, and the handler is told why", async () => {
  const { methods, begun, told } = waitsUntilAborted();
  await using pair = await startPair(methods);
  const controller = new AbortController();
  const { signal } = controller;
  const rejected = assertRejects(() => pair.client.call("wait", undefined, { signal }), DariError);
  await begun;
  controller.abort(new Error("changed my mind"));
  const error = await rejected;
  assertEquals(error.code, "cancelled");
  assertEquals((error.cause as Error).message, "changed my mind");
  assertEquals((await told).code, "cancelled");
  await assertRejects(
    () => pair.client.call("wait", undefined, { signal }),
    DariError,
    "cancelled",
  );
});

Deno.test("a call that has ended leaves no listener on its signal", async () => {
  await using pair = await startPair({ quick: () => 1, fail: () => Promise.reject(new Error()) });
  const counted = countedSignal();
  const { signal } = counted;
  await pair.client.call("quick", undefined, { signal });
  await assertRejects(() => pair.client.call("fail", undefined, { signal }), RpcError);
  assertEquals(counted.listeners, 0);
});

Deno.test("rpc.cancel ends the call of its id and no other, and answers it", async () => {
  await using wire = await Wire.open({ wait: never });
  for (const id of [1, "1", 2]) await wire.send({ jsonrpc: "2.0", id, method: "wait" });
  await wire.send({ jsonrpc: "2.0", method: "rpc.cancel", params: { id: "1" } });
  await wire.send({ jsonrpc: "2.0", method: "rpc.cancel", params: { id: 99 } });
  await wire.send({ jsonrpc: "2.0", method: "rpc.cancel" });
  const replies = await wire.settled() as { id: unknown; error: { code: number } }[];
  assertEquals(replies.map(({ id, error }) => [id, error.code]), [["1", -32004]]);
});

Deno.test("Deadlines does not take a very long or infinite time for a short one", async () => {
  const clock = new TestClock();
  const entries = new Set([2 ** 31, 2 ** 40, Infinity, 1].map((deadlineAt) => ({ deadlineAt })));
  const expired: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const deadlines = new Deadlines(() => entries, (entry) => {
    entries.delete(entry);
    expired.push(entry.deadlineAt);
    resolve();
  }, () => clock.monotonic());
  for (const entry of entries) deadlines.watch(entry);
  clock.advance(1);
  await promise;
  assertEquals(expired, [1]);
  deadlines.stop();
});

Deno.test("Deadlines that was stopped expires nothing", async () => {
  const clock = new TestClock();
  const expired: number[] = [];
  const watch = (deadlineAt: number) => {
    const entries = new Set([{ deadlineAt }]);
    const { promise, resolve } = Promise.withResolvers<void>();
    const deadlines = new Deadlines(() => entries, (entry) => {
      entries.delete(entry);
      expired.push(entry.deadlineAt);
      resolve();
    }, () => clock.monotonic());
    for (const entry of entries) deadlines.watch(entry);
    return { deadlines, promise };
  };
  watch(1).deadlines.stop();
  const later = watch(2);
  clock.advance(2);
  await later.promise;
  assertEquals(expired, [2]);
});

Deno.test("Deadlines expires what is late by its clock, however the timer came", async () => {
  const clock = new TestClock();
  const entries = new Set([{ deadlineAt: 3 }, { deadlineAt: 6 }]);
  const expired: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const deadlines = new Deadlines(() => entries, (entry) => {
    entries.delete(entry);
    expired.push(entry.deadlineAt);
    if (entries.size === 0) resolve();
    clock.advance(3);
  }, () => clock.monotonic());
  for (const entry of entries) deadlines.watch(entry);
  clock.advance(3);
  await promise;
  assertEquals(expired, [3, 6]);
  deadlines.stop();
});
