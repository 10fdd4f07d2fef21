import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DariError } from "../../../lib/base/errors.ts";
import { turn } from "../../../lib/base/turn.ts";
import { Queue } from "../../../lib/ipc/mod.ts";
import { word } from "../../../lib/ipc/ring/records.ts";
import { startWorker } from "../../support/ipc_worker.ts";
import { oneOfEach, sameValue } from "../../support/values.ts";

function bytesOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

Deno.test("a queue keeps order and loses nothing under every schedule", () => {
  const step = fc.oneof(
    fc.record({ put: fc.jsonValue({ stringUnit: "binary" }), by: fc.nat({ max: 2 }) }),
    fc.record({ get: fc.nat({ max: 2 }) }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (schedule) => {
    const first = Queue.create({ capacityBytes: 2_048, maxItems: 8 });
    const sides = [first, Queue.open(first.buffer), Queue.open(first.buffer)];
    const model: unknown[] = [];
    for (const step of schedule) {
      if ("get" in step) assertEquals(sides[step.get]!.tryGet(), model.shift());
      else if (bytesOf(step.put) <= first.maxMessageBytes && sides[step.by]!.tryPut(step.put)) {
        model.push(step.put);
      }
      assertEquals(first.size, model.length);
      assert(model.length <= 8);
    }
    for (const value of model) assertEquals(first.tryGet(), value);
  }));
});

Deno.test("waiting producers and consumers lose and double nothing, whoever waits for whom", async () => {
  const plan = fc.record({
    maxItems: fc.integer({ min: 1, max: 4 }),
    producers: fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 4 }),
    consumers: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(plan, async ({ maxItems, producers, consumers }) => {
      const queue = Queue.create<[number, number]>({ maxItems, capacityBytes: 1_024 });
      const put = producers.map(async (count, producer) => {
        for (let i = 0; i < count; i++) await queue.put([producer, i]);
      });
      const got = consumers.map(async (max) => {
        const taken: [number, number][] = [];
        for (let more = await queue.getMany(max); more.length > 0;) {
          taken.push(...more);
          more = await queue.getMany(max);
        }
        return taken;
      });
      await Promise.all(put);
      queue.close();
      const parts = await Promise.all(got);
      const expected = producers.flatMap((count, p) =>
        Array.from({ length: count }, (_, i) => [p, i])
      );
      assertEquals(parts.flat().map(String).toSorted(), expected.map(String).toSorted());
      for (const part of parts) {
        for (const p of producers.keys()) {
          const order = part.filter(([producer]) => producer === p).map(([, i]) => i);
          assertEquals(order, order.toSorted((a, b) => a - b));
        }
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("many producers and consumers in workers lose and double nothing", async () => {
  const queue = Queue.create<[number, number]>({ maxItems: 64 });
  const each = 2_000;
  const code = `
    import { Queue } from "LIB/mod.ts";
    self.onmessage = async ({ data }) => {
      const queue = Queue.open(data.buffer);
      if (data.producer !== undefined) {
        for (let i = 0; i < ${each}; i++) await queue.put([data.producer, i]);
        return self.postMessage("done");
      }
      const got = [];
      for await (const item of queue) got.push(item);
      self.postMessage(got);
    };`;
  using workers = new DisposableStack();
  const start = () => workers.use(startWorker(code));
  const consumers = [start(), start()].map((worker) => worker.ask({ buffer: queue.buffer }));
  const producers = [0, 1].map((producer) => start().ask({ buffer: queue.buffer, producer }));
  await Promise.all(producers);
  queue.close();
  const got = await Promise.all(consumers) as [number, number][][];
  const seen = new Set(got.flat().map(String));
  assertEquals([got.flat().length, seen.size], [2 * each, 2 * each]);
  for (const part of got) { // what one consumer sees of one producer is in order
    for (const producer of [0, 1]) {
      const order = part.filter((item) => item[0] === producer).map((item) => item[1]);
      assertEquals(order, order.toSorted((a, b) => a - b));
    }
  }
});

Deno.test("put() waits for room, and gives up at its timeout or signal", async () => {
  const queue = Queue.create<number>({ maxItems: 1 });
  await queue.put(1);
  const late = await assertRejects(() => queue.put(2, { timeoutMs: 5 }), DariError);
  assertEquals(late.code, "deadline_exceeded");
  const signal = AbortSignal.abort(new Error("enough"));
  await assertRejects(() => queue.put(2, { signal }), Error, "enough");
  const put = queue.put(3);
  assertEquals(await queue.get(), 1);
  await put;
  assertEquals(await queue.get(), 3);
});

Deno.test("values are put in the order of the calls, awaited or not", async () => {
  const steps = fc.constantFrom("put", "putMany", "tryPut", "get", "turn");
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 40 }), async (plan) => {
      const queue = Queue.create<number>({ maxItems: 2, capacityBytes: 1_024 });
      const puts: Promise<void>[] = [];
      const called: number[] = [];
      const got: number[] = [];
      for (const [index, step] of plan.entries()) {
        if (step === "turn") await turn();
        else if (step === "get") {
          got.push(...[queue.tryGet()].filter((value) => value !== undefined));
        } else if (step !== "tryPut" || queue.tryPut(index)) called.push(index);
        if (step === "put") puts.push(queue.put(index));
        else if (step === "putMany") puts.push(queue.putMany([index]));
      }
      while (got.length < called.length) got.push((await queue.get({ timeoutMs: 5_000 }))!);
      assertEquals(got, called);
      await Promise.all(puts);
    }),
    { numRuns: 100 },
  );
});

Deno.test("putSync() puts what waits before it, except what was given up", async () => {
  const queue = Queue.create<string>({ maxItems: 1 });
  await queue.put("first");
  const controller = new AbortController();
  const given = assertRejects(
    () => queue.put("given up", { signal: controller.signal }),
    Error,
    "enough",
  );
  const waiting = queue.put("waiting");
  assertEquals(assertThrows(() => queue.putSync("late", 1), DariError).code, "deadline_exceeded");
  controller.abort(new Error("enough"));
  assertEquals(queue.tryGet(), "first");
  assertThrows(() => queue.putSync("late", 1), DariError); // "waiting" has taken the room
  assertEquals(queue.tryGet(), "waiting");
  queue.putSync("last", 1);
  await Promise.all([given, waiting]);
  assertEquals([queue.tryGet(), queue.tryGet()], ["last", undefined]);
});

Deno.test("close() ends waiting puts and gets, and lets consumers drain", async () => {
  const queue = Queue.create<number>({ maxItems: 1 });
  const get = queue.get();
  await queue.put(1);
  assertEquals(await get, 1);
  await queue.put(2);
  const put = queue.put(3);
  queue.close();
  assertEquals((await assertRejects(() => put, DariError)).code, "unavailable");
  assertEquals(await queue.get(), 2);
  assertEquals(await queue.get(), undefined);
  assertEquals(queue.getSync(), undefined);
});

Deno.test("a producer that died half-way leaves nothing visible; the queue says it is damaged", async () => {
  const queue = Queue.create<string>();
  await queue.put("whole");
  const words = new Int32Array(queue.buffer);
  Atomics.add(words, word.lock, 1); // what a producer does first, and then died
  assertEquals(queue.tryPut("refused"), false);
  const error = await assertRejects(() => queue.put("waits"), DariError, "damaged");
  assertEquals(error.code, "unavailable");
  assertEquals(await queue.get(), "whole");
  await assertRejects(() => queue.get(), DariError, "damaged");
});

Deno.test("consumers of a closed queue wait for a put in progress, and not for a dead producer", async () => {
  const [waiting, blocked, finished] = [1, 2, 3].map(() => Queue.create<string>());
  for (const queue of [waiting, blocked, finished]) {
    Atomics.add(new Int32Array(queue!.buffer), word.lock, 1); // a producer has begun
    queue!.close();
  }
  const late = await assertRejects(() => finished!.get({ timeoutMs: 5 }), DariError);
  assertEquals(late.code, "deadline_exceeded");
  const got = finished!.get({ timeoutMs: 5_000 });
  Atomics.add(new Int32Array(finished!.buffer), word.lock, 1); // and has ended
  assertEquals(await got, undefined);
  const dead = assertRejects(() => waiting!.get({ timeoutMs: 20_000 }), DariError, "damaged");
  assertThrows(() => blocked!.getSync(20_000), DariError, "damaged");
  await dead;
});

Deno.test("every type of the wire arrives as what it was through a queue", async () => {
  for (const encoding of ["json", "structured"] as const) {
    const queue = Queue.create({ encoding });
    await queue.put(oneOfEach);
    queue.putSync([oneOfEach]);
    assert(sameValue(await Queue.open(queue.buffer).getMany(2), [oneOfEach, [oneOfEach]]));
  }
});

Deno.test("values that cannot be encoded are refused by name", () => {
  const queue = Queue.create();
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  for (const value of [undefined, () => 1, Symbol("s"), /x/, cycle]) {
    assertThrows(() => queue.tryPut(value), TypeError, "Cannot send");
  }
  const inside = [/x/, new WeakMap(), () => 1, new SharedArrayBuffer(1), Promise.resolve()];
  for (const value of inside) {
    assertThrows(() => queue.tryPut([value]), TypeError, "value[0]: ");
  }
  const structured = Queue.open(queue.buffer, "structured");
  assertThrows(() => structured.tryPut(() => 1), TypeError, "Cannot send");
  assertEquals(queue.size, 0);
});

Deno.test("a structured queue carries what JSON cannot, and a JSON one nests as deep as one likes", async () => {
  const values = [new Map([["a", 1]]), [new Uint8Array([1])], { n: 1n }, new Date(0)];
  const structured = Queue.create({ encoding: "structured" });
  for (const value of values) assertEquals(structured.tryPut(value), true);
  for (const value of values) assertEquals(await structured.get(), value);
  const queue = Queue.create();
  const deep = JSON.parse("[".repeat(200) + "]".repeat(200));
  assertEquals(queue.tryPut(deep), true);
  assertEquals(await queue.get(), deep);
});

Deno.test("null, false, 0 and the empty string are values like others, however they are taken", async () => {
  const queue = Queue.create();
  const values = [null, false, 0, ""];
  await queue.putMany([...values, ...values, ...values, ...values]);
  assertEquals(await queue.getMany(4), values);
  for (const value of values) assertEquals(await queue.get(), value);
  for (const value of values) assertEquals(queue.getSync(), value);
  queue.close();
  assertEquals(await Array.fromAsync(queue), values);
});

Deno.test("bytes stay bytes, and structured clones keep their types", async () => {
  const queue = Queue.create({ encoding: "structured" });
  const value = { at: new Date(0), set: new Set([1n]) };
  await queue.putMany([new Uint8Array([1, 2]), value]);
  assertEquals(await queue.getMany(5), [new Uint8Array([1, 2]), value]);
});

Deno.test("a value longer than the queue can take is refused", () => {
  const queue = Queue.create({ capacityBytes: 1_024 });
  const error = assertThrows(() => queue.tryPut("x".repeat(600)), DariError);
  assertEquals([error.code, error.retryable], ["resource_exhausted", false]);
});
