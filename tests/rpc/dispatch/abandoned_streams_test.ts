import { EventEmitter, on } from "node:events";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { deadline } from "../../../lib/base/abort.ts";
import { RpcError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { Methods } from "../../../lib/rpc/method/method.ts";
import { request, startDispatcher } from "../../support/dispatch.ts";
import { startPair } from "../../support/rpc_pair.ts";

const LATE_MS = 10_000;
const never = () => new Promise<never>(() => {});

/** Streams whose next item never comes, and what ends them. */
function waitingStreams() {
  const ended = new Map<string, number>();
  const count = (name: string) => void ended.set(name, (ended.get(name) ?? 0) + 1);
  const emitter = new EventEmitter();
  const methods: Methods = {
    emitter: () => on(emitter, "news"),
    web: () => new ReadableStream({ pull: never, cancel: () => count("web") }),
    custom: () => ({
      [Symbol.asyncIterator]: () => ({
        next: never,
        return() {
          count("custom");
          return never();
        },
      }),
    }),
    throwing: () => ({
      [Symbol.asyncIterator]: () => ({
        next: never,
        return() {
          count("throwing");
          throw new Error("it does not end");
        },
      }),
    }),
    async *generator() {
      yield await never();
    },
  };
  return { methods, ended, emitter };
}

for (const name of ["emitter", "web", "custom", "throwing", "generator"]) {
  Deno.test(`a cancelled stream leaves at once while its next item does not come: ${name}`, async () => {
    const { methods, ended, emitter } = waitingStreams();
    const { dispatch, dispatcher, replies } = startDispatcher(methods);
    dispatch(request(name));
    assertEquals(dispatcher.running, 1);
    dispatcher.cancel(1);
    assertEquals((await replies.next()).error.data.name, "cancelled");
    await deadline(dispatcher.idle(), LATE_MS);
    assertEquals(dispatcher.running, 0);
    if (name === "emitter") assertEquals(emitter.listenerCount("news"), 0);
    else if (name !== "generator") assertEquals(ended.get(name), 1);
  });
}

Deno.test("a stream ends its iterator once when it fails, and not when it is read to its end", async () => {
  let returns = 0;
  const values = (...items: unknown[]) => ({
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.resolve({ done: items.length === 0, value: items.shift() }),
      return: () => (returns++, Promise.resolve({ done: true, value: undefined })),
    }),
  });
  const { dispatch, replies } = startDispatcher({
    good: () => values(1),
    bad: () => values(/x/),
  });
  dispatch(request("good"));
  assertEquals((await replies.next()).params.value, 1);
  assertEquals((await replies.next()).result, null);
  assertEquals(returns, 0);
  dispatch(request("bad"));
  assertEquals((await replies.next()).error.code, -32603);
  assertEquals(returns, 1);
});

Deno.test("more cancelled streams than calls may be in flight do not block a connection", async () => {
  const { methods } = waitingStreams();
  const all: Methods = { ...methods, one: () => 1 };
  await using pair = await startPair(all, { maxCallsInFlight: 8 });
  for (let n = 0; n < 20; n++) {
    const stream = pair.client.stream("custom");
    const waiting = stream.next();
    await pair.client.call("one");
    await stream.return();
    assertEquals((await deadline(waiting, LATE_MS)).done, true);
  }
  assertEquals(await pair.client.call("one"), 1);
});

Deno.test("iterators that never end are bounded, and refuse further streams alone", async () => {
  const { methods } = waitingStreams();
  const { dispatch, dispatcher, replies } = startDispatcher({ ...methods, one: () => 1 });
  for (let n = 0; n < limits.maxStreamsAtWork; n++) {
    dispatch(request("custom"));
    dispatcher.cancel(1);
    await Promise.resolve();
    await Promise.resolve();
    replies.taken();
  }
  await deadline(dispatcher.idle(), LATE_MS);
  dispatch(request("custom"));
  const { error } = await replies.next();
  assertEquals(error.data.name, "resource_exhausted");
  dispatch(request("one"));
  assertEquals((await replies.next()).result, 1);
});

Deno.test("a stream whose sink is closed ends, although nobody cancelled it", async () => {
  let made = 0;
  const ended = Promise.withResolvers<void>();
  const { dispatch, replies, dispatcher } = startDispatcher({
    async *ticks() {
      try {
        for (;;) yield made++;
      } finally {
        ended.resolve();
      }
    },
  });
  replies.isClosed = true;
  dispatch(request("ticks"));
  await deadline(ended.promise, LATE_MS);
  await dispatcher.idle();
  assert(made <= 2);
});

Deno.test("a stream without end gives timers their turn, although its reader takes everything", async () => {
  const { dispatch, dispatcher, replies } = startDispatcher({
    async *ticks() {
      for (;;) yield 1;
    },
  });
  replies.push = () => {};
  dispatch(request("ticks"));
  await deadline(new Promise((resolve) => setTimeout(resolve, 1)), LATE_MS);
  dispatcher.cancel(1);
  await deadline(dispatcher.idle(), LATE_MS);
});

Deno.test("a web stream arrives item by item", async () => {
  await using pair = await startPair({ web: () => ReadableStream.from([1, 2]) });
  const items: unknown[] = [];
  for await (const item of pair.client.stream("web")) items.push(item);
  assertEquals(items, [1, 2]);
});

Deno.test("an item without a JSON form fails the stream as internal, and says so to the observer", async () => {
  const seen: unknown[] = [];
  await using pair = await startPair({
    async *big() {
      yield await Promise.resolve(/x/);
    },
    number: () => ({ n: /x/ }),
  }, { observer: { handlerFailed: (_, error) => void seen.push(String(error)) } });
  const error = await assertRejects(() => pair.client.stream("big").next(), RpcError);
  assertEquals([error.code, error.message], ["internal", "Internal error"]);
  const other = await assertRejects(() => pair.client.call("number"), RpcError);
  assertEquals(other.code, "internal");
  assertEquals(seen.map((text) => /cannot be sent: .*RegExp/.test(String(text))), [true, true]);
});
