import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { DariError } from "../../lib/base/errors.ts";
import { WorkerPool, type WorkerPoolOptions } from "../../lib/ipc/mod.ts";

const source = `
export const add = ([a, b]) => a + b;
export const echo = (value) => value;
export const loop = () => { for (;;); };
export const fail = () => { throw new TypeError("broken"); };
export const leave = () => { self.close(); return new Promise(() => {}); };
export const crash = () => { setTimeout(() => { throw new Error("late"); }); return new Promise(() => {}); };
export const untilCancelled = (_, { signal }) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("stopped"))));
`;

function startPool(options: Partial<WorkerPoolOptions> = {}): WorkerPool {
  const module = `data:text/javascript,${encodeURIComponent(source)}`;
  return new WorkerPool({ module, workers: 1, ...options });
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => promise, DariError)).code;
}

Deno.test("call() gives what the method returned", async () => {
  await using pool = startPool({ workers: 2 });
  const calls = Array.from({ length: 500 }, (_, i) => pool.call("add", [i, 1]));
  assertEquals(await Promise.all(calls), Array.from({ length: 500 }, (_, i) => i + 1));
});

Deno.test("call() refuses a method that the module does not export", async () => {
  await using pool = startPool();
  assertEquals(await codeOf(pool.call("nothing")), "method_not_found");
  assertEquals(await codeOf(pool.call("constructor")), "method_not_found");
});

Deno.test("call() rejects with what the method threw, its stack as the cause", async () => {
  await using pool = startPool();
  const error = await assertRejects(() => pool.call("fail"), DariError, "broken");
  assertEquals(error.code, "internal");
  assertInstanceOf(error.cause, Error);
});

Deno.test("call() carries params and results longer than the rings", async () => {
  await using pool = startPool();
  const text = "가".repeat(1_000_000);
  assertEquals(await pool.call("echo", text), text);
});

Deno.test("call() refuses params over the limit", async () => {
  await using pool = startPool({ maxMessageBytes: 1_000 });
  assertEquals(await codeOf(pool.call("echo", "x".repeat(2_000))), "resource_exhausted");
});

Deno.test("a method that loops for ever fails alone and its worker is replaced", async () => {
  await using pool = startPool({ graceMs: 10 });
  await pool.call("add", [0, 0]); // started
  const loop = codeOf(pool.call("loop", null, { timeoutMs: 50 }));
  const others = [1, 2, 3].map((i) => pool.call("add", [i, i]));
  assertEquals(await loop, "deadline_exceeded");
  assertEquals(await Promise.all(others), [2, 4, 6]);
});

Deno.test("a cancelled call rejects with the signal's reason, and its method is told", async () => {
  await using pool = startPool({ graceMs: 60_000 });
  const controller = new AbortController();
  const call = pool.call("untilCancelled", null, { signal: controller.signal });
  await pool.call("add", [0, 0], { timeoutMs: 200 }).catch(() => {}); // the worker is at it
  controller.abort(new Error("enough"));
  await assertRejects(() => call, Error, "enough");
  assertEquals(await pool.call("add", [1, 1]), 2); // the method ended, the worker goes on
});

for (const method of ["leave", "crash"]) {
  Deno.test(`call() is unavailable, with a cause, when its worker dies (${method})`, async () => {
    await using pool = startPool();
    const error = await assertRejects(() => pool.call(method), DariError);
    assertEquals(error.code, "unavailable");
    assertInstanceOf(error.cause, Error);
    assertEquals(await pool.call("add", [1, 1]), 2);
  });
}

Deno.test("a pool whose module cannot be loaded says so", async () => {
  await using pool = startPool({ module: "data:text/javascript,throw new Error('no such luck')" });
  const error = await assertRejects(() => pool.call("add"), DariError, "no such luck");
  assertEquals(error.code, "unavailable");
});

Deno.test("the queue is bounded, and drained() resolves once half of it is free", async () => {
  await using pool = startPool({ maxQueueLength: 100 });
  const calls = Array.from({ length: 100 }, () => pool.call("echo", 1));
  assertEquals(await codeOf(pool.call("echo", 2)), "resource_exhausted");
  await pool.drained();
  assertEquals(pool.queueLength <= 50, true);
  assertEquals(await pool.call("echo", 3), 3);
  await Promise.all(calls);
});

Deno.test("abort() ends calls under way, and a closed pool takes none", async () => {
  const pool = startPool();
  const call = codeOf(pool.call("untilCancelled"));
  pool.abort();
  assertEquals(await call, "unavailable");
  assertEquals(await codeOf(pool.call("add", [1, 2])), "unavailable");
});
