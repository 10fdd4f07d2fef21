import { assert, assertEquals, assertRejects } from "@std/assert";
import { deadline } from "../../../lib/base/abort.ts";
import { DariError, RpcError } from "../../../lib/base/errors.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { startPair, Wire } from "../../support/rpc_pair.ts";
import { settled } from "../../support/settled.ts";

type Numbers = AsyncIterable<number>;

/** Numbers from 1 that say how far they were read and when they were ended. */
function numbers(length = Infinity) {
  const state = { taken: 0, ended: Promise.withResolvers<void>() };
  async function* generate() {
    try {
      while (state.taken < length) yield await Promise.resolve(++state.taken);
    } finally {
      state.ended.resolve();
    }
  }
  return { state, items: generate() };
}

const methods = {
  async sum({ numbers }: { numbers: Numbers }) {
    let sum = 0;
    for await (const number of numbers) sum += number;
    return sum;
  },
  async *doubled({ numbers }: { numbers: Numbers }) {
    for await (const number of numbers) yield 2 * number;
  },
  async firstOf({ numbers }: { numbers: Numbers }) {
    for await (const number of numbers) return number;
  },
  async zipped({ a, b }: { a: Numbers; b: Numbers }) {
    const pairs: number[][] = [];
    const other = b[Symbol.asyncIterator]();
    for await (const number of a) pairs.push([number, (await other.next()).value]);
    return pairs;
  },
};

Deno.test("a client sends a stream to a method", async () => {
  await using pair = await startPair(methods);
  const { state, items } = numbers(1_000);
  assertEquals(await pair.client.call("sum", { numbers: items } as never), 500_500);
  await state.ended.promise;
});

Deno.test("a stream goes there and one comes back at once, each at its reader's pace", async () => {
  await using pair = await startPair(methods);
  const { state, items } = numbers();
  const stream = pair.client.stream("doubled", { numbers: items } as never, { credit: 4 });
  for (let n = 1; n <= 50; n++) assertEquals((await stream.next()).value, 2 * n);
  assert(state.taken <= 50 + 4 + 256 + 2, `${state.taken} were taken`);
  await stream.return();
  await deadline(state.ended.promise, 5_000);
});

Deno.test("one call has several streams", async () => {
  await using pair = await startPair(methods);
  const params = { a: numbers(3).items, b: numbers(3).items };
  assertEquals(await pair.client.call("zipped", params as never), [[1, 1], [2, 2], [3, 3]]);
});

Deno.test("a method that stops reading, or ends, ends the client's generator", async () => {
  await using pair = await startPair({ ...methods, ignores: () => "done" });
  for (const method of ["firstOf", "ignores"] as const) {
    const { state, items } = numbers();
    // A generator that never began has nothing to clean up, so this one has.
    await items.next();
    await pair.client.call(method, { numbers: items } as never);
    await deadline(state.ended.promise, 5_000);
  }
});

Deno.test("a client's stream that fails fails its reader", async () => {
  const read = Promise.withResolvers<unknown>();
  await using pair = await startPair({
    async read({ numbers }: { numbers: Numbers }) {
      const items = [];
      try {
        for await (const number of numbers) items.push(number);
      } catch (error) {
        read.resolve([items, (error as DariError).code]);
        throw error;
      }
    },
  });
  async function* failing() {
    yield await Promise.resolve(1);
    throw new DariError("not_found", "the file is gone");
  }
  await assertRejects(() => pair.client.call("read", { numbers: failing() } as never), RpcError);
  assertEquals(await read.promise, [[1], "not_found"]);
});

Deno.test("a deadline, a cancellation and a lost connection reach both ends of a stream", async () => {
  const told: string[] = [];
  const handlerEnded = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let calls = 0;
  await using pair = await startPair({
    async drain({ numbers }: { numbers: Numbers }, { signal }: Context) {
      const { resolve } = handlerEnded[calls++] ?? Promise.withResolvers<void>();
      signal.addEventListener("abort", () => told.push(signal.reason.code));
      try {
        for await (const _ of numbers);
      } finally {
        resolve();
      }
    },
  });
  const never = () => {
    const state = { ended: Promise.withResolvers<void>() };
    const source = new ReadableStream({ cancel: () => state.ended.resolve() });
    return { state, source };
  };
  const late = never();
  const options = { timeoutMs: 50 };
  await assertRejects(
    () => pair.client.call("drain", { numbers: late.source } as never, options),
    DariError,
  );
  await deadline(Promise.all([late.state.ended.promise, handlerEnded[0]?.promise]), 5_000);
  const left = never();
  const controller = new AbortController();
  const call = pair.client.call("drain", { numbers: left.source } as never, {
    signal: controller.signal,
  });
  await pair.client.call("rpc.ping" as "drain", { numbers: [] } as never);
  controller.abort();
  await assertRejects(() => call, DariError);
  await deadline(Promise.all([left.state.ended.promise, handlerEnded[1]?.promise]), 5_000);
  // The client may give the call up before the server does.
  assert(["deadline_exceeded", "cancelled"].includes(told[0] ?? ""), told[0]);
  assertEquals(told[1], "cancelled");

  const lost = never();
  const broken = pair.client.call("drain", { numbers: lost.source } as never);
  await pair.client.call("rpc.ping" as "drain", { numbers: [] } as never);
  await pair.server.close(0);
  await assertRejects(() => broken, DariError);
  await deadline(lost.state.ended.promise, 5_000);
});

Deno.test("a result holds a stream beside other values, and outlives its call", async () => {
  const { state, items } = numbers(1_000);
  await using pair = await startPair({ list: () => ({ size: 1_000, items }) });
  const result = await pair.client.call("list") as unknown as { size: number; items: Numbers };
  assertEquals(result.size, 1_000);
  assertEquals(state.taken, 0);
  assertEquals((await Array.fromAsync(result.items)).length, 1_000);
  await state.ended.promise;
});

Deno.test("a stream in a result that its reader leaves ends at the server", async () => {
  const { state, items } = numbers();
  await using pair = await startPair({ list: () => ({ items }) });
  const { items: read } = await pair.client.call("list") as unknown as { items: Numbers };
  for await (const number of read) if (number === 3) break;
  await deadline(state.ended.promise, 5_000);
});

Deno.test("a stream that carries streams works", async () => {
  await using pair = await startPair({
    async sums({ rows }: { rows: AsyncIterable<Numbers> }) {
      const sums = [];
      for await (const row of rows) sums.push(await methods.sum({ numbers: row }));
      return sums;
    },
  });
  async function* rows() {
    yield numbers(3).items;
    yield await Promise.resolve(numbers(4).items);
  }
  assertEquals(await pair.client.call("sums", { rows: rows() } as never), [6, 10]);
});

Deno.test("bytes of a web stream and of a blob arrive whole, in pieces", async () => {
  await using pair = await startPair({
    async length({ body }: { body: AsyncIterable<Uint8Array> }) {
      let length = 0;
      let longest = 0;
      for await (const piece of body) {
        length += piece.length;
        longest = Math.max(longest, piece.length);
      }
      return [length, longest <= 65_536];
    },
    blob: () => ({ body: new Blob([new Uint8Array(300_000)], { type: "text/plain" }) }),
  });
  const big = new Uint8Array(1_000_000);
  const stream = new Blob([big]).stream();
  assertEquals(await pair.client.call("length", { body: stream } as never), [1_000_000, true]);
  const blob = new Blob([big]);
  assertEquals(await pair.client.call("length", { body: blob } as never), [1_000_000, true]);
  const { body } = await pair.client.call("blob") as never as {
    body: AsyncIterable<Uint8Array> & { size: number; type: string };
  };
  assertEquals([body.size, body.type], [300_000, "text/plain"]);
  let length = 0;
  for await (const piece of body) length += piece.length;
  assertEquals(length, 300_000);
});

Deno.test("a slow reader stops the sender by the bytes that it granted", async () => {
  let made = 0;
  await using pair = await startPair({
    async *pieces() {
      for (;; made++) yield await Promise.resolve(new Uint8Array(100_000));
    },
  });
  const stream = pair.client.stream("pieces", undefined, { credit: 1_000, creditBytes: 250_000 });
  const madeSoFar = async () => {
    await settled(20);
    return made;
  };
  await stream.next();
  assertEquals(await madeSoFar(), 2); // the third piece goes beyond what was granted
  await stream.next(); // 200,000 bytes are read, more than half: so many are granted again
  assertEquals(await madeSoFar(), 4);
  await stream.return();
});

Deno.test("a stream goes to no peer that has not said that it takes streams", async () => {
  await using wire = await Wire.open({ list: () => ({ items: numbers(3).items }) }, {
    public: ["list"],
  });
  const reply = await wire.ask({ jsonrpc: "2.0", id: 1, method: "list" });
  assertEquals(reply.error.code, -32009);
});

Deno.test("credit that is no number above 0 is ignored, and items for no stream too", async () => {
  await using wire = await Wire.open({ list: () => ({ items: numbers(2).items }), ...methods }, {
    public: ["list", "sum"],
  });
  const hello = { versions: ["dari/1"], features: ["values", "streams"] };
  await wire.ask({ jsonrpc: "2.0", id: 0, method: "rpc.hello", params: hello });
  const { result } = await wire.ask({ jsonrpc: "2.0", id: 1, method: "list" });
  const tell = (method: string, params: unknown) => wire.send({ jsonrpc: "2.0", method, params });
  const stream = result.items;
  for (const count of [-1, 0, null, "5", 1e400]) await tell("rpc.credit", { stream, count });
  for (const bytes of [-1, 0, "5"]) await tell("rpc.credit", { stream, count: 5, bytes });
  await tell("rpc.item", { stream: 77, value: 1 });
  await tell("rpc.end", { stream: 77 });
  await tell("rpc.stop", { stream: 77 });
  assertEquals(await wire.settled(), []);
  await tell("rpc.credit", { stream, count: 1e308, bytes: 1e308 });
  const params = [];
  for (let n = 0; n < 3; n++) params.push((await wire.receive()).params);
  assertEquals(params, [{ stream, value: 1 }, { stream, value: 2 }, { stream }]);
});
