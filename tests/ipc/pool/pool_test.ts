import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { DariError, RpcError } from "../../../lib/base/errors.ts";
import { WorkerPool } from "../../../lib/ipc/mod.ts";
import { codeOf, startPool, Told } from "../../support/pool.ts";
import { oneOfEach, sameValue } from "../../support/values.ts";

Deno.test("call() gives what the method returned, to each caller its own", async () => {
  await using pool = startPool({ workers: 2 });
  const calls = Array.from({ length: 500 }, (_, a) => pool.call("add", { a, b: 1 }));
  assertEquals(await Promise.all(calls), Array.from({ length: 500 }, (_, a) => a + 1));
});

Deno.test("values, bytes and nothing at all arrive as they were sent", async () => {
  await using pool = startPool();
  for (const value of [{ a: [1, null] }, "다리", 0, null, false, new Uint8Array([1, 0, 255])]) {
    assertEquals(await pool.call("echo", value), value);
  }
  assertEquals(await pool.call("echo"), undefined);
});

for (const encoding of ["json", "structured"] as const) {
  Deno.test(`every type of the wire arrives as what it was at a ${encoding} pool and back`, async () => {
    await using pool = startPool({ encoding });
    // The second is longer than what is queued inline.
    for (const params of [oneOfEach, ["가".repeat(100_000), oneOfEach]]) {
      assert(sameValue(await pool.call("echo", params), params));
    }
    assertEquals(await pool.call("tagOfAt", { at: new URL("https://a.example") }), "[object URL]");
    await assertRejects(() => pool.call("echo", { f: [() => 1] }), TypeError, "value.f[0]: ");
  });
}

Deno.test("structured clones keep their types", async () => {
  await using pool = startPool({ encoding: "structured" });
  const value = { at: new Date(0), set: new Set([1n]), bytes: new Uint8Array([7]) };
  assertEquals(await pool.call("echo", value), value);
});

Deno.test("params and results longer than the rings arrive whole", async () => {
  await using pool = startPool();
  const text = "가".repeat(1_000_000);
  const bytes = new Uint8Array(3 << 20).fill(7);
  assertEquals(await pool.call("echo", text) === text, true);
  assertEquals(await pool.call("echo", bytes), bytes);
  assertEquals(await pool.call("add", { a: 1, b: 2 }), 3);
});

Deno.test("what a method gets does not depend on how long the params are", async () => {
  await using pool = startPool();
  for (const length of [1, 100_000]) {
    const params = { at: new Date(0), nothing: undefined, text: "x".repeat(length) };
    assertEquals(await pool.call("tagOfAt", params), "[object Date]");
  }
});

Deno.test("params that cannot be encoded are refused, and the next call goes through", async () => {
  await using pool = startPool();
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  for (const params of [() => 1, Symbol("s"), /x/, cycle]) {
    await assertRejects(() => pool.call("echo", params), TypeError, "Cannot send");
  }
  const reason = "Cannot send this value: value.rows[0]: a RegExp cannot travel";
  await assertRejects(
    () => pool.call("echo", { rows: [/x/] }),
    TypeError,
    reason,
  );
  assertEquals(await pool.call("add", { a: 1, b: 2 }), 3);
});

Deno.test("a result that cannot be encoded fails its call alone", async () => {
  await using pool = startPool();
  const error = await assertRejects(() => pool.call("giveFunction"), DariError, "Cannot send");
  assertEquals(error.code, "internal");
  assertEquals(await pool.call("add", { a: 1, b: 2 }), 3);
});

Deno.test("params and results of just the limit are taken, and a byte more is refused", async () => {
  await using pool = startPool({ maxMessageBytes: 1_000 });
  assertEquals(await pool.call("echo", "x".repeat(998)), "x".repeat(998)); // and two quotes
  assertEquals(await codeOf(pool.call("echo", "x".repeat(999))), "resource_exhausted");
  assertEquals((await pool.call("giveText", { length: 998 }) as string).length, 998);
  const long = await assertRejects(() => pool.call("giveText", { length: 999 }), DariError);
  assertEquals([long.code, long.retryable], ["resource_exhausted", false]);
});

Deno.test("call() refuses a method that the module does not export", async () => {
  await using pool = startPool();
  for (const name of ["nothing", "constructor", "", "다리", "x".repeat(100_000)]) {
    assertEquals(await codeOf(pool.call(name)), "method_not_found");
  }
});

Deno.test("a stream is refused by name", async () => {
  await using pool = startPool();
  const error = await assertRejects(() => pool.call("giveStream"), DariError, '"giveStream"');
  assertEquals(error.code, "failed_precondition");
});

Deno.test("call() rejects with what the method threw, its stack as the cause", async () => {
  await using pool = startPool();
  const error = await assertRejects(() => pool.call("fail"), DariError, "broken inside");
  assertEquals(error.code, "internal");
  assertInstanceOf(error.cause, Error);
  assertEquals(error.cause.stack?.includes("pool_methods.ts"), true);
});

Deno.test("a typed error keeps its code, its advice and its data", async () => {
  await using pool = startPool();
  const error = await assertRejects(() => pool.call("failTyped"), RpcError, "no such thing");
  assertEquals([error.code, error.retryable, error.retryAfterMs], ["not_found", true, 250]);
  assertEquals(error.data, { thing: 7 });
  assertEquals(await codeOf(pool.call("failLater")), "failed_precondition");
});

Deno.test("an error that cannot be sent whole keeps its code", async () => {
  await using pool = startPool({ maxMessageBytes: 1_000 });
  assertEquals(await codeOf(pool.call("failLong")), "not_found");
  await using other = startPool();
  assertEquals(await codeOf(other.call("failCyclic")), "not_found");
});

Deno.test("the queue is bounded, and drained() resolves once half of it is free", async () => {
  await using pool = startPool({ maxQueueLength: 100 });
  const calls = Array.from({ length: 100 }, () => pool.call("echo", 1));
  const refused = await assertRejects(() => pool.call("echo", 2), DariError, "drained()");
  assertEquals([refused.code, refused.retryable], ["resource_exhausted", true]);
  await pool.drained();
  assertEquals(pool.queueLength <= 50, true);
  assertEquals(await pool.call("echo", 3), 3);
  await Promise.all(calls);
  await pool.drained(); // at once
});

Deno.test("close() lets calls under way and waiting ones end, and takes no more", async () => {
  const pool = startPool();
  const calls = Array.from({ length: 50 }, (_, a) => pool.call("add", { a, b: 0 }));
  const closed = pool.close();
  assertEquals(await codeOf(pool.call("echo", 1)), "unavailable");
  assertEquals(await Promise.all(calls), Array.from({ length: 50 }, (_, a) => a));
  await closed;
  const error = await assertRejects(() => pool.call("add", { a: 1, b: 1 }), DariError);
  assertEquals([error.code, error.retryable], ["unavailable", false]);
  await pool.close();
});

Deno.test("abort() ends calls under way and waiting ones at once", async () => {
  using told = new Told();
  const pool = startPool();
  const calls = Array.from({ length: 40 }, () => codeOf(pool.call("deaf", told)));
  await told.hear("started");
  pool.abort();
  assertEquals(new Set(await Promise.all(calls)), new Set(["unavailable"]));
  assertEquals(await codeOf(pool.call("echo", 1)), "unavailable");
  await pool.close();
});

Deno.test("a worker that is never idle gives its own timers a turn", async () => {
  await using pool = startPool();
  const calls = Array.from({ length: 100 }, () => pool.call("hasTimerRun"));
  assertEquals((await Promise.all(calls)).includes(true), true);
});

Deno.test("workers out of range are refused", () => {
  for (const workers of [0, 1.5, -1, 1_008, NaN]) {
    assertThrows(() => new WorkerPool({ module: "data:,", workers }), RangeError, String(workers));
  }
});

Deno.test("a method knows its name, its deadline and its signal", async () => {
  await using pool = startPool();
  const context = await pool.call("giveContext", {}, { timeoutMs: 50_000 });
  const { method, leftMs, aborted } = context as Record<string, unknown>;
  assertEquals([method, aborted], ["giveContext", false]);
  assertEquals(Number(leftMs) > 0 && Number(leftMs) <= 50_000, true, String(leftMs));
  const endless = await pool.call("giveContext", "x".repeat(100_000), { timeoutMs: Infinity });
  assertEquals((endless as Record<string, unknown>).leftMs, null);
});

Deno.test("disposing of a pool waits for the calls under way, as close() does", async () => {
  const pool = startPool();
  let result: unknown;
  pool.call("add", { a: 1, b: 2 }).then((sum) => result = sum);
  await pool[Symbol.asyncDispose]();
  assertEquals(result, 3);
  assertEquals(await codeOf(pool.call("echo", 1)), "unavailable");
});
