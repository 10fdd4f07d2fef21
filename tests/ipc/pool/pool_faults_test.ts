import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { codeOf, startPool, Told } from "../../support/pool.ts";

const GRACE_FOR_EVER_MS = 1_000_000;

/** The part of the Web Locks API used here; the runtime has it, its types do not. */
const { locks } = navigator as unknown as {
  locks: {
    request(name: string, options: object, held: () => void): Promise<void>;
  };
};

Deno.test("a method that loops for ever fails alone, and its worker is replaced", async () => {
  using told = new Told();
  await using pool = startPool({ graceMs: 1 });
  await pool.call("add", { a: 0, b: 0 }); // the worker has started
  const looping = codeOf(pool.call("loop", told, { timeoutMs: 20 }));
  const others = [1, 2, 3].map((a) => pool.call("add", { a, b: a }));
  assertEquals(await looping, "deadline_exceeded");
  assertEquals(await Promise.all(others), [2, 4, 6]);
});

Deno.test("the thread of a method that loops is stopped", async () => {
  using told = new Told();
  await using pool = startPool({ graceMs: 1 });
  await pool.call("add", { a: 0, b: 0 }); // the worker has started
  const looping = codeOf(pool.call("loop", { channel: told.channel }, { timeoutMs: 200 }));
  await told.hear("started");
  assertEquals(await looping, "deadline_exceeded");
  // The lock is the thread's for as long as it lives.
  await locks.request(told.channel, { signal: AbortSignal.timeout(20_000) }, () => {});
});

Deno.test("a looping method that is cancelled is replaced before its deadline", async () => {
  using told = new Told();
  await using pool = startPool({ graceMs: 1 });
  const controller = new AbortController();
  const { signal } = controller;
  const timeoutMs = 3_000;
  const start = performance.now();
  const looping = pool.call("loop", { channel: told.channel }, { signal, timeoutMs });
  await told.hear("started");
  controller.abort(new Error("enough"));
  await assertRejects(() => looping, Error, "enough");
  assertEquals(await pool.call("add", { a: 1, b: 1 }), 2);
  assertEquals(performance.now() - start < timeoutMs, true);
});

Deno.test("a call whose signal has been aborted never starts", async () => {
  await using pool = startPool();
  const signal = AbortSignal.abort(new Error("before"));
  await assertRejects(() => pool.call("leave", {}, { signal }), Error, "before");
  assertEquals(pool.queueLength, 0);
});

Deno.test("a call that is cancelled while it waits never starts", async () => {
  using told = new Told();
  await using pool = startPool({ graceMs: GRACE_FOR_EVER_MS });
  const first = new AbortController();
  const running = pool.call("untilCancelled", { channel: told.channel }, { signal: first.signal });
  await told.hear("started");
  const second = new AbortController();
  const waiting = pool.call("countRuns", undefined, { signal: second.signal });
  await Promise.resolve();
  assertEquals(pool.queueLength, 0); // it lies in the workers' queue
  second.abort(new Error("not any more"));
  await assertRejects(() => waiting, Error, "not any more");
  first.abort(new Error("enough"));
  await assertRejects(() => running, Error, "enough");
  assertEquals(await pool.call("countRuns"), 1);
});

Deno.test("a cancelled call rejects with the signal's reason, and its method is told", async () => {
  using told = new Told();
  await using pool = startPool({ graceMs: GRACE_FOR_EVER_MS });
  const controller = new AbortController();
  const { signal } = controller;
  const call = pool.call("untilCancelled", { channel: told.channel }, { signal });
  await told.hear("started");
  controller.abort(new Error("enough"));
  await assertRejects(() => call, Error, "enough");
  await told.hear("cancelled");
  assertEquals(await pool.call("add", { a: 1, b: 1 }), 2); // by the same worker
});

Deno.test("a method that does not hear of its cancellation loses its worker", async () => {
  using told = new Told();
  await using pool = startPool({ graceMs: 1 });
  const controller = new AbortController();
  const call = pool.call("deaf", { channel: told.channel }, { signal: controller.signal });
  await told.hear("started");
  controller.abort(new Error("enough"));
  await assertRejects(() => call, Error, "enough");
  assertEquals(await pool.call("add", { a: 1, b: 1 }), 2);
});

Deno.test("each call has its own deadline, also while it waits", async () => {
  using told = new Told();
  const pool = startPool({ graceMs: GRACE_FOR_EVER_MS });
  const running = codeOf(pool.call("deaf", { channel: told.channel }));
  await told.hear("started");
  const waiting = await assertRejects(() => pool.call("add", {}, { timeoutMs: 5 }), DariError);
  assertEquals(waiting.code, "deadline_exceeded");
  assertEquals(waiting.message, 'The call of "add" took longer than 5 ms');
  pool.abort();
  assertEquals(await running, "unavailable");
});

for (const method of ["leave", "crash"]) {
  Deno.test(`call() is unavailable, with a cause, when its worker dies (${method})`, async () => {
    using told = new Told();
    await using pool = startPool();
    const params = { channel: told.channel };
    const call = pool.call(method, params);
    const others = Array.from({ length: 30 }, (_, a) => pool.call("add", { a, b: 0 }));
    const error = await assertRejects(() => call, DariError, `"${method}"`);
    assertEquals([error.code, error.retryable], ["unavailable", true]);
    assertInstanceOf(error.cause, Error);
    assertEquals(await Promise.all(others), Array.from({ length: 30 }, (_, a) => a));
  });
}

Deno.test("a call that a dying worker had taken and not begun goes to the next one", async () => {
  await using pool = startPool();
  await pool.call("add", { a: 0, b: 0 }); // the worker has started
  const left = pool.call("leaveAfterwards");
  // Its time differs too much for one guard: the worker takes it, and begins it only afterwards.
  const next = pool.call("add", { a: 1, b: 2 }, { timeoutMs: 5_000 });
  await left;
  assertEquals(await next, 3);
});

Deno.test("workers that die at once fail their own calls alone", async () => {
  await using pool = startPool({ workers: 3, graceMs: 1 });
  const loops = [1, 2, 3].map(() => codeOf(pool.call("loop", {}, { timeoutMs: 20 })));
  const others = Array.from({ length: 45 }, (_, a) => pool.call("add", { a, b: 0 }));
  assertEquals(await Promise.all(loops), Array(3).fill("deadline_exceeded"));
  assertEquals(await Promise.all(others), Array.from({ length: 45 }, (_, a) => a));
});

Deno.test("params that cannot be encoded any more, when their worker asks, fail their call alone", async () => {
  await using pool = startPool({ graceMs: 1 });
  const params: { text: string; pattern?: RegExp } = { text: "x".repeat(100_000) };
  const call = pool.call("echo", params);
  await Promise.resolve(); // it is queued
  params.pattern = /x/;
  await assertRejects(() => call, TypeError);
  assertEquals(await pool.call("add", { a: 1, b: 1 }), 2);
});

Deno.test("workers that die again and again are replaced again and again", async () => {
  using told = new Told();
  await using pool = startPool();
  for (let round = 0; round < 5; round++) {
    assertEquals(await codeOf(pool.call("leave", { channel: told.channel })), "unavailable");
  }
  assertEquals(await pool.call("add", { a: 1, b: 1 }), 2);
});

Deno.test("a module is a URL or a path from the working directory, and no name inside dari", async () => {
  for (const module of ["pool_worker.ts", "blur"]) {
    assertThrows(() => startPool({ module }), TypeError, "import.meta.url");
  }
  await using pool = startPool({ module: "./tests/support/pool_methods.ts" });
  assertEquals(await pool.call("add", { a: 1, b: 1 }), 2);
  // It is not resolved beside the worker's own program.
  await using lost = startPool({ module: "./call.ts" });
  const where = `${new URL(`file://${Deno.cwd()}/call.ts`)}`;
  const error = await assertRejects(() => lost.call("add"), DariError, where);
  assertEquals(error.code, "unavailable");
});

Deno.test("a pool whose module cannot be loaded says so, and goes on saying so", async () => {
  for (const module of ["data:text/javascript,throw new Error('no luck')", "file:///no/such.ts"]) {
    await using pool = startPool({ module });
    const error = await assertRejects(() => pool.call("add"), DariError, "cannot load");
    assertEquals([error.code, error.retryable], ["unavailable", false]);
    assertEquals(await codeOf(pool.call("add")), "unavailable");
  }
});
