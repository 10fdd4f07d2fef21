import { assert, assertEquals, assertRejects } from "@std/assert";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { DariError, RpcError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { turn } from "../../../lib/base/turn.ts";
import { ItemStream } from "../../../lib/rpc/stream/item_stream.ts";
import { startPair, Wire } from "../../support/rpc_pair.ts";

/** A stream that counts what was taken from it and says when it was ended. */
function source(length = Infinity) {
  const state = { taken: 0, ended: Promise.withResolvers<void>() };
  async function* numbers() {
    try {
      for (; state.taken < length;) yield await Promise.resolve(++state.taken);
      return "the end";
    } finally {
      state.ended.resolve();
    }
  }
  return { state, methods: { numbers } };
}

Deno.test("a stream gives its items in order, then what the generator returned", async () => {
  const { methods } = source(1_000);
  await using pair = await startPair(methods);
  const stream = pair.client.stream("numbers");
  for (let n = 1; n <= 1_000; n++) assertEquals(await stream.next(), { done: false, value: n });
  assertEquals(await stream.next(), { done: true, value: "the end" });
});

Deno.test("a slow reader slows the sender: no more leaves than was granted", async () => {
  const { state, methods } = source();
  await using pair = await startPair(methods);
  const stream = pair.client.stream("numbers", undefined, { credit: 10 });
  for (let n = 1; n <= 100; n++) {
    assertEquals((await stream.next()).value, n);
    await pair.client.call("rpc.ping" as "numbers"); // Everything granted so far has come.
    assert(state.taken <= n + 10, `${state.taken} were taken when ${n} were read`);
  }
  await stream.return(undefined);
  await state.ended.promise;
});

Deno.test("leaving the loop early ends the generator", async () => {
  const { state, methods } = source();
  await using pair = await startPair(methods);
  for await (const n of pair.client.stream("numbers")) if (n === 3) break;
  await state.ended.promise;
  assert(state.taken < 1_000);
});

Deno.test("a stream that fails gives what came before, then its error", async () => {
  await using pair = await startPair({
    async *fails() {
      yield await Promise.resolve(1);
      throw new DariError("not_found", "nothing more");
    },
  });
  const items: unknown[] = [];
  const error = await assertRejects(async () => {
    for await (const item of pair.client.stream("fails")) items.push(item);
  }, RpcError);
  assertEquals([items, error.code], [[1], "not_found"]);
});

Deno.test("a stream ends when its connection dies, and the generator with it", async () => {
  const { state, methods } = source();
  await using pair = await startPair(methods);
  const stream = pair.client.stream("numbers", undefined, { credit: 2 });
  await stream.next();
  await pair.server.close(0);
  const error = await assertRejects(async () => {
    while (!(await stream.next()).done);
  }, DariError);
  assertEquals(error.code, "unavailable");
  await state.ended.promise;
});

Deno.test("a stream may be cancelled", async () => {
  const { methods } = source();
  await using pair = await startPair(methods);
  const controller = new AbortController();
  const { signal } = controller;
  const error = await assertRejects(async () => {
    for await (const n of pair.client.stream("numbers", undefined, { credit: 4, signal })) {
      if (n === 20) controller.abort();
    }
  }, DariError);
  assertEquals(error.code, "cancelled");
});

Deno.test("a stream may have a deadline", async () => {
  const methods = {
    async *one() {
      yield 1;
      await new Promise(() => {});
    },
  };
  await using pair = await startPair(methods);
  const stream = pair.client.stream("one", undefined, { timeoutMs: 5 });
  assertEquals(await stream.next(), { done: false, value: 1 });
  const error = await assertRejects(() => stream.next(), DariError);
  assertEquals(error.code, "deadline_exceeded");
});

Deno.test("streaming a method that does not stream gives its result as the end", async () => {
  await using pair = await startPair({ add: ({ a, b }: { a: number; b: number }) => a + b });
  assertEquals(await pair.client.stream("add", { a: 1, b: 2 }).next(), { done: true, value: 3 });
});

Deno.test("a caller that grants nothing gets nothing, whatever it sends as credit", async () => {
  const { state, methods } = source();
  await using wire = await Wire.open(methods);
  await wire.send({ jsonrpc: "2.0", id: 1, method: "numbers", meta: { credit: 1 } });
  for (const count of [0, -5, "9", null, NaN]) {
    await wire.send({ jsonrpc: "2.0", method: "rpc.credit", params: { id: 1, count } });
  }
  const hostileId = { valueOf: 1, toString: 1 };
  await wire.send({ jsonrpc: "2.0", method: "rpc.credit", params: { id: hostileId, count: 9 } });
  const items = await wire.settled();
  assertEquals(items, [{ jsonrpc: "2.0", method: "rpc.item", params: { id: 1, value: 1 } }]);
  assertEquals(state.taken, 1);
});

Deno.test("items for calls that nobody made are ignored", async () => {
  await using wire = await Wire.open({});
  for (const id of [0, 1, -1, 1e15, "1", null, [1], { valueOf: 1, toString: 1 }]) {
    await wire.send({ jsonrpc: "2.0", method: "rpc.item", params: { id, value: 1 } });
    await wire.send({ jsonrpc: "2.0", id: typeof id === "object" ? 7 : id, result: 1 });
  }
  assertEquals(await wire.settled(), []);
});

Deno.test("a notification of a method that streams makes no items", async () => {
  const { state, methods } = source();
  await using wire = await Wire.open(methods);
  await wire.send({ jsonrpc: "2.0", method: "numbers" });
  assertEquals(await wire.settled(), []);
  assertEquals(state.taken, 0);
});

/** A stream, and what it told its sender. */
function attached(credit: number) {
  const told: string[] = [];
  const stream = new ItemStream<string>({ items: credit, bytes: 1_000 });
  stream.attach({
    grant: (items) => told.push(`grant ${items}`),
    cancel: () => told.push("cancel"),
  });
  return { stream, told };
}

const done = (value?: unknown) => ({ done: true, value }) as const;
const item = (value: string) => ({ done: false, value }) as const;

Deno.test("return() ends a next() that waits, both at once, and tells the sender", async () => {
  const { stream, told } = attached(4);
  const waiting = [stream.next(), stream.next()];
  assertEquals(await stream.return("left"), done("left"));
  assertEquals(await Promise.all(waiting), [done(), done()]);
  assertEquals([await stream.next(), told], [done(), ["cancel"]]);
});

Deno.test("calls of next() that wait together get the items in their order", async () => {
  const { stream } = attached(8);
  const waiting = [stream.next(), stream.next(), stream.next(), stream.next()];
  for (const text of ["a", "b"]) stream.push(text, 1);
  stream.finish("the end");
  assertEquals(await Promise.all(waiting), [item("a"), item("b"), done("the end"), done()]);
});

Deno.test("a stream tells its end once, and is done from then on", async () => {
  const { stream: finished } = attached(4);
  finished.push("a", 1);
  finished.finish("the end");
  finished.push("late", 1);
  assertEquals(
    [await finished.next(), await finished.next(), await finished.next()],
    [item("a"), done("the end"), done()],
  );
  const { stream: failed } = attached(4);
  failed.fail(new DariError("not_found", "nothing more"));
  failed.finish("late");
  await assertRejects(() => failed.next(), DariError, "nothing more");
  assertEquals(await failed.next(), done());
});

Deno.test("return() drops the items and the error that nobody has read", async () => {
  const { stream, told } = attached(4);
  stream.push("unread", 1);
  stream.fail(new DariError("not_found", "unread"));
  assertEquals([await stream.return(), await stream.next(), told], [done(), done(), []]);
});

Deno.test("a stream that is disposed of is ended", async () => {
  const { stream, told } = attached(4);
  {
    await using _stream = stream;
  }
  assertEquals([stream.isEnded, told], [true, ["cancel"]]);
});

Deno.test("a stream grants again what was read, half of its credit at a time", async () => {
  const { stream, told } = attached(4);
  const first = stream.next(); // waits, so that its item is read as it comes
  for (const text of ["a", "b", "c", "d"]) stream.push(text, 1);
  assertEquals([await first, told], [item("a"), []]);
  await stream.next();
  assertEquals(told, ["grant 2"]);
});

Deno.test("a sender that exceeds its credit fails the stream, behind what it may send", async () => {
  const { stream, told } = attached(2);
  for (const text of ["a", "b", "c"]) stream.push(text, 1);
  assertEquals([await stream.next(), await stream.next()], [item("a"), item("b")]);
  await assertRejects(() => stream.next(), DariError, "more items than were granted");
  assertEquals(told, ["cancel"]);
});

Deno.test("a reader that never catches up gets each item once, and keeps none that it has read", async () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const stream = new ItemStream<{ n: number }>({ items: 100 * limits.streamCredit, bytes: 1e9 });
  const read: WeakRef<object>[] = [];
  let pushed = 0;
  let taken = 0;
  const take = async () => {
    const { value } = await stream.next() as IteratorYieldResult<{ n: number }>;
    assertEquals(value.n, taken++);
    read.push(new WeakRef(value));
  };
  for (let round = 0; round < 3 * limits.streamCredit; round++) {
    for (let n = 0; n < 3; n++) stream.push({ n: pushed++ }, 1);
    await take();
    await take();
  }
  await turn(); // what a WeakRef has given lives until then
  collect();
  const kept = read.filter((item) => item.deref() !== undefined).length;
  assert(kept < 10, `${kept} of ${taken} items are kept`);
  while (taken < pushed) await take();
});

Deno.test("a stream that nobody sends yet can be waited for and left", async () => {
  const stream = new ItemStream<string>({ items: 2, bytes: 1_000 });
  const waiting = stream.next();
  await stream.return();
  assertEquals([await waiting, stream.isEnded], [done(), true]);
});
