import { limits } from "../../../lib/base/limits.ts";
import { assertEquals, assertRejects } from "@std/assert";
import { DariError, TransportError } from "../../../lib/base/errors.ts";
import { Client } from "../../../lib/rpc/client/client.ts";
import type { StreamOptions } from "../../../lib/rpc/call/call_options.ts";
import type { Connection } from "../../../lib/transport/connection.ts";
import { TestClock } from "../../support/clock.ts";
import { countedSignal } from "../../support/counted_signal.ts";
import { FakeServer } from "../../support/far_end.ts";

/** A client that dials when the test says so. */
function setUp() {
  const clock = new TestClock();
  const server = new FakeServer();
  const dialling = Promise.withResolvers<void>();
  const dial = async (): Promise<Connection> => {
    await dialling.promise;
    return await server.dial();
  };
  const client = new Client({ dial, clock });
  return {
    clock,
    server,
    client,
    dialled: dialling.resolve,
    fail: dialling.reject,
    open: (options: StreamOptions = {}) => client.stream("count", { to: 2 }, options),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

const done = { done: true, value: undefined } as const;
const codeOf = (promise: Promise<unknown>) => promise.then(() => "no error", ({ code }) => code);

Deno.test("a stream on a connected client sends its call at once", async () => {
  await using pair = setUp();
  pair.dialled();
  await pair.client.connect();
  const stream = pair.open({ credit: 3 });
  const { id, method, params, meta } = await pair.server.end.receive();
  assertEquals([method, params, meta.credit], ["count", { to: 2 }, 3]);
  pair.server.end.send({ method: "rpc.item", params: { id, value: 1 } });
  assertEquals(await stream.next(), { done: false, value: 1 });
  pair.server.end.send({ id, result: "the end" });
  assertEquals(await stream.next(), { done: true, value: "the end" });
});

Deno.test("a stream can be waited for while the client connects, and then sends its call", async () => {
  await using pair = setUp();
  const stream = pair.open();
  const item = stream.next();
  pair.dialled();
  await pair.client.connect();
  const { id, meta } = await pair.server.end.receive();
  const { streamCredit: credit, streamCreditBytes: creditBytes } = limits;
  assertEquals(meta, { timeoutMs: 24 * 60 * 60 * 1_000, credit, creditBytes });
  pair.server.end.send({ method: "rpc.item", params: { id, value: 1 } });
  assertEquals(await item, { done: false, value: 1 });
  await stream.return();
  const { method, params } = await pair.server.end.receive();
  assertEquals([method, params], ["rpc.cancel", { id }]);
});

Deno.test("the time that connecting took is taken from the stream's deadline", async () => {
  await using pair = setUp();
  const stream = pair.open({ timeoutMs: 60_000 });
  pair.clock.advance(59_000);
  pair.dialled();
  await pair.client.connect();
  assertEquals((await pair.server.end.receive()).meta.timeoutMs, 1_000);
  await stream.return();
  assertEquals((await pair.server.end.receive()).method, "rpc.cancel");
});

Deno.test("a stream's deadline holds while the client connects", async () => {
  await using pair = setUp();
  const stream = pair.open({ timeoutMs: 1 });
  pair.clock.advance(1);
  const error = await assertRejects(() => stream.next(), DariError, "before its deadline");
  assertEquals([error.code, await stream.next()], ["deadline_exceeded", done]);
  const late = pair.open({ timeoutMs: 60_000 });
  pair.clock.advance(60_000);
  pair.dialled();
  assertEquals(await codeOf(late.next()), "deadline_exceeded");
});

Deno.test("a stream's deadline beyond what a timer holds does not end at once", async () => {
  await using pair = setUp();
  const streams = [2 ** 31, Infinity].map((timeoutMs) => pair.open({ timeoutMs }));
  const short = pair.open({ timeoutMs: 1 });
  pair.clock.advance(1);
  assertEquals(await codeOf(short.next()), "deadline_exceeded");
  pair.dialled();
  await pair.client.connect();
  for (const _ of streams) assertEquals((await pair.server.end.receive()).method, "count");
  for (const stream of streams) await stream.return();
});

Deno.test("a stream's signal holds while the client connects, and keeps no listener", async () => {
  await using pair = setUp();
  const counted = countedSignal();
  const stream = pair.open({ signal: counted.signal });
  const waiting = codeOf(stream.next());
  counted.abort();
  assertEquals([await waiting, counted.listeners], ["cancelled", 0]);
  assertEquals(await codeOf(pair.open({ signal: counted.signal }).next()), "cancelled");
});

Deno.test("leaving before the client is connected sends nothing and keeps no listener", async () => {
  await using pair = setUp();
  const counted = countedSignal();
  const stream = pair.open({ signal: counted.signal, timeoutMs: 60_000 });
  const waiting = stream.next();
  assertEquals(await stream.return("left"), { done: true, value: "left" });
  assertEquals(await waiting, done);
  pair.dialled();
  await pair.client.notify("behind", {});
  assertEquals((await pair.server.end.receive()).method, "behind");
  assertEquals(counted.listeners, 0);
});

Deno.test("leaving in the turn in which the client connects cancels what was sent", async () => {
  await using pair = setUp();
  const stream = pair.open();
  pair.dialled();
  const left = pair.client.connect().then(() => stream.return());
  await left;
  pair.client.notify("behind", {});
  const sent = [await pair.server.end.receive(), await pair.server.end.receive()];
  const { id } = sent[0];
  assertEquals(sent.map(({ method }) => method), ["count", "rpc.cancel"]);
  assertEquals([sent[1].params, (await pair.server.end.receive()).method], [{ id }, "behind"]);
});

Deno.test("a stream fails with the error of connecting, or of the client's end", async () => {
  await using pair = setUp();
  const stream = pair.open();
  pair.fail(new TransportError("unavailable", "nobody is there"));
  await assertRejects(() => stream.next(), TransportError, "nobody is there");
  await using other = setUp();
  const waiting = other.open();
  await other.client.close();
  await assertRejects(() => waiting.next(), TransportError, "The client is closed");
});
