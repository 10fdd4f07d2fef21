import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DariError, TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { Caller } from "../../../lib/rpc/call/caller.ts";
import type { CallOptions } from "../../../lib/rpc/call/call_options.ts";
import { ItemStream } from "../../../lib/rpc/stream/item_stream.ts";
import { streamCall } from "../../../lib/rpc/call/stream_call.ts";
import { Outbox } from "../../../lib/rpc/outbox/outbox.ts";
import { memoryPair } from "../../../lib/transport/memory.ts";
import { TestClock } from "../../support/clock.ts";
import { countedSignal } from "../../support/counted_signal.ts";
import { FarEnd } from "../../support/far_end.ts";
import { plainPeer } from "../../support/plain_peer.ts";

/** A caller, and the far end that reads what it sends. */
function setUp() {
  const clock = new TestClock();
  const [near, far] = memoryPair();
  const outbox = new Outbox(near, limits.maxUnsentBytes, () => {});
  const { agreement, values } = plainPeer();
  const caller = new Caller(outbox, near.peer, agreement, values, clock);
  return {
    clock,
    caller,
    /** Calls a method that streams. */
    stream(credit: number, method: string, params: unknown, options: CallOptions = {}) {
      const stream = new ItemStream<unknown>({ items: credit, bytes: 1_000 });
      caller.send(streamCall(stream, method, params, options, clock.monotonic()));
      return stream;
    },
    end: new FarEnd(far),
    [Symbol.dispose]() {
      caller.end(() => new TransportError("unavailable", "the test is over"));
      near.abort();
    },
  };
}

const codeOf = (call: Promise<unknown>) => call.then(() => "no error", ({ code }) => code);

Deno.test("a call sends its request and resolves with the result of its id", async () => {
  using pair = setUp();
  const calls = [pair.caller.call("add", { a: 1 }), pair.caller.call("add", [2])];
  const requests = [await pair.end.receive(), await pair.end.receive()];
  assertEquals(requests.map(({ method, params, meta }) => [method, params, meta]), [
    ["add", { a: 1 }, undefined],
    ["add", [2], undefined],
  ]);
  for (const { id, params } of requests.reverse()) pair.caller.waiting.resolve(id, params);
  assertEquals(await Promise.all(calls), [{ a: 1 }, [2]]);
  assertEquals(pair.caller.waiting.size, 0);
});

Deno.test("a call's deadline travels as a whole number that the other side takes", async () => {
  using pair = setUp();
  for (
    const [timeoutMs, sent] of [
      [1_234.5, 1_235],
      [0.1, 1],
      [2 ** 31, limits.maxCallTimeoutMs],
      [Infinity, limits.maxCallTimeoutMs],
    ] as const
  ) {
    const call = pair.caller.call("wait", undefined, { timeoutMs });
    const { id, meta } = await pair.end.receive();
    assertEquals(meta, { timeoutMs: sent });
    pair.caller.waiting.resolve(id, null);
    await call;
  }
});

Deno.test("a call that is not answered before its deadline rejects, and the other side is told", async () => {
  using pair = setUp();
  const calls = [1, 2 ** 31, Infinity].map((timeoutMs) =>
    codeOf(pair.caller.call("wait", undefined, { timeoutMs }))
  );
  const { id } = await pair.end.receive();
  await pair.end.receive();
  await pair.end.receive();
  pair.clock.advance(1);
  assertEquals(await calls[0], "deadline_exceeded");
  assertEquals(await pair.end.receive(), {
    jsonrpc: "2.0",
    method: "rpc.cancel",
    params: { id },
  });
  assertEquals(pair.caller.waiting.size, 2);
});

Deno.test("an abort rejects the call with the reason as cause, and the other side is told", async () => {
  using pair = setUp();
  const counted = countedSignal();
  const rejected = assertRejects(
    () => pair.caller.call("wait", undefined, { signal: counted.signal }),
    DariError,
    '"wait" was cancelled',
  );
  const { id } = await pair.end.receive();
  assertEquals(counted.listeners, 1);
  counted.abort("changed my mind");
  const error = await rejected;
  assertEquals([error.code, error.cause, counted.listeners], ["cancelled", "changed my mind", 0]);
  const { method, params } = await pair.end.receive();
  assertEquals([method, params], ["rpc.cancel", { id }]);
});

Deno.test("a signal that has aborted already is refused, and nothing is sent", async () => {
  using pair = setUp();
  const counted = countedSignal();
  counted.abort();
  const { signal } = counted;
  assertEquals(await codeOf(pair.caller.call("add", {}, { signal })), "cancelled");
  assertThrows(() => pair.stream(1, "count", {}, { signal }), DariError, "was cancelled");
  pair.caller.notify("behind", {});
  assertEquals((await pair.end.receive()).method, "behind");
  assertEquals(counted.listeners, 0);
});

Deno.test("however a call ends, it leaves no listener on its signal", async () => {
  using pair = setUp();
  const { caller } = pair;
  const counted = countedSignal();
  const options = { signal: counted.signal, timeoutMs: 1 };
  const ends: Record<string, () => void> = {
    result: () => caller.waiting.resolve(1, 1),
    error: () => caller.waiting.reject(2, { code: -32603, message: "no" }),
    deadline: () => pair.clock.advance(1),
  };
  for (const [name, end] of Object.entries(ends)) {
    const ended = codeOf(caller.call(name, {}, options));
    assertEquals(counted.listeners, 1, name);
    end();
    await ended;
    assertEquals(counted.listeners, 0, name);
  }
  const stream = pair.stream(1, "stream", {}, options);
  await stream.return();
  assertEquals(counted.listeners, 0);
  assertEquals(await codeOf(caller.call("bad", { n: /x/ }, options)), "invalid_params");
  assertEquals([counted.listeners, caller.waiting.size], [0, 0]);
});

Deno.test("when the connection ends every call rejects, those that come later too", async () => {
  using pair = setUp();
  const counted = countedSignal();
  const stream = pair.stream(1, "count", {});
  const waiting = codeOf(pair.caller.call("wait", {}, { signal: counted.signal }));
  pair.caller.end(() => new TransportError("unavailable", "the cable was cut"));
  assertEquals([await waiting, counted.listeners], ["unavailable", 0]);
  const later = await assertRejects(() => pair.caller.call("late", {}), TransportError);
  assertEquals(later.message, "the cable was cut");
  assert((await assertRejects(() => stream.next())) instanceof TransportError);
});

Deno.test("a stream sends its credit, grants more as it is read, and cancels once", async () => {
  using pair = setUp();
  const stream = pair.stream(4, "count", { to: 9 });
  const { id, meta } = await pair.end.receive();
  assertEquals(meta, { timeoutMs: limits.maxCallTimeoutMs, credit: 4 });
  for (const item of ["a", "b"]) pair.caller.waiting.pushItem(id, item, 1_000);
  assertEquals([(await stream.next()).value, (await stream.next()).value], ["a", "b"]);
  const grant = await pair.end.receive();
  assertEquals([grant.method, grant.params], ["rpc.credit", { id, count: 2 }]);
  await stream.return();
  await stream.return();
  pair.caller.notify("behind", {});
  const [cancel, behind] = [await pair.end.receive(), await pair.end.receive()];
  assertEquals([cancel.method, cancel.params, behind.method], ["rpc.cancel", { id }, "behind"]);
  assertEquals(pair.caller.waiting.size, 0);
});

Deno.test("a call that finds the connection full waits, and fails with the connection", async () => {
  using pair = setUp();
  const { caller } = pair;
  for (let n = 0; n < limits.maxCallsInFlight; n++) caller.call("wait", undefined).catch(() => {});
  const late = codeOf(caller.call("late", undefined));
  assertEquals(caller.waiting.size, limits.maxCallsInFlight);
  caller.end(() => new TransportError("unavailable", "the cable was cut"));
  assertEquals(await late, "unavailable");
});

Deno.test("pings that a silent peer leaves unanswered take no call's place", async () => {
  using pair = setUp();
  const ignore = () => {};
  pair.caller.own({
    maxCallsInFlight: 1,
    stopped: ignore,
    doubted: ignore,
    noticed: ignore,
    deprecated: ignore,
  });
  pair.caller.ping();
  pair.caller.ping();
  const call = pair.caller.call("add", undefined);
  const methods = [];
  for (let sent = 0; sent < 3; sent++) methods.push((await pair.end.receive()).method);
  assertEquals(methods, ["rpc.ping", "rpc.ping", "add"]);
  // So the silence is noticed: a call waits for the peer.
  assertEquals([pair.caller.waiting.isIdle, pair.caller.waiting.underWay], [false, 1]);
  pair.caller.end(() => new TransportError("unavailable", "it is silent"));
  assertEquals(await codeOf(call), "unavailable");
});

Deno.test("ask() goes ahead of what waits for its turn, and shows that somebody waits", async () => {
  using pair = setUp();
  const { caller, end } = pair;
  const ignore = () => {};
  const owner = { stopped: ignore, doubted: ignore, noticed: ignore, deprecated: ignore };
  caller.own({ ...owner, maxCallsInFlight: 1 });
  const calls = ["slow", "waiting"].map((method) => codeOf(caller.call(method, undefined)));
  const answer = caller.ask("rpc.health", {}, 1_000);
  assertEquals((await end.receive()).method, "slow");
  const { id, method } = await end.receive();
  assertEquals([method, caller.waiting.isIdle], ["rpc.health", false]);
  caller.waiting.resolve(id, "well");
  assertEquals(await answer, "well");
  caller.end(() => new TransportError("unavailable", "the test is over"));
  assertEquals(await Promise.all(calls), ["unavailable", "unavailable"]);
  assertEquals(await codeOf(caller.ask("rpc.health", {}, 1_000)), "unavailable");
});

Deno.test("a call waits while the params that are under way are as many as may be", async () => {
  using pair = setUp();
  const { caller, end } = pair;
  // Of this length the last one fits exactly.
  const params = ["x".repeat(limits.maxCharactersInFlight / 8 - 4)];
  const calls = Array.from({ length: 9 }, () => caller.call("long", params));
  const requests = [];
  while (requests.length < 8) requests.push(await end.receive());
  assertEquals(caller.waiting.length, limits.maxCharactersInFlight);
  assertEquals(caller.waiting.size, 8);
  caller.waiting.resolve(requests[0].id, "short");
  assertEquals(await calls[0], "short");
  assertEquals((await end.receive()).method, "long");
  for (const call of calls) call.catch(() => {});
});

Deno.test("a call waits while as much as may be is not sent yet", async () => {
  using pair = setUp();
  const { caller, end } = pair;
  const head = '{"jsonrpc":"2.0","id":1,"method":"fill","params":[""]}\n';
  const fill = (missing: number) =>
    caller.call("fill", ["x".repeat(limits.maxUnsentCallCharacters - head.length - missing)]);
  const calls = [fill(1), caller.call("fits", []), caller.call("waits", [])];
  assertEquals(caller.waiting.size, 2);
  for (const method of ["fill", "fits", "waits"]) {
    const request = await end.receive();
    assertEquals(request.method, method);
    caller.waiting.resolve(request.id, method);
  }
  assertEquals(await Promise.all(calls), ["fill", "fits", "waits"]);
  const full = [caller.call("fill", ["x".repeat(limits.maxUnsentCallCharacters)])];
  full.push(caller.call("waits", []));
  assertEquals(caller.waiting.size, 1);
  for (const call of full) call.catch(() => {});
});

Deno.test("what was said without an id is the cause of an end for a while, and not for ever", async () => {
  for (const [laterMs, expected] of [[0, "ended: too long"], [1, "the cable was cut"]] as const) {
    using pair = setUp();
    const { caller, clock } = pair;
    const calls = [1, 2].map((n) => caller.call("wait", [n]).catch(({ message }) => message));
    caller.waiting.reject(null, { code: -32600, message: "too long" });
    clock.advance(limits.noticeMemoryMs + laterMs);
    caller.end(() => new TransportError("unavailable", "the cable was cut"));
    for (const message of await Promise.all(calls)) {
      assert(String(message).endsWith(expected), String(message));
    }
  }
});
