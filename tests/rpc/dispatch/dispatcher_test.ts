import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError, errorTable, RpcError } from "../../../lib/base/errors.ts";
import type { Gate } from "../../../lib/auth/sign_in/gate.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { type CallRecord, type Observer, requestIdOf } from "../../../lib/rpc/observer.ts";
import {
  ALICE,
  aliceGate,
  notification,
  recorder,
  request,
  startDispatcher,
} from "../../support/dispatch.ts";
import { startPair, waitsUntilAborted, Wire } from "../../support/rpc_pair.ts";

const never = () => new Promise<never>(() => {});
const add = ({ a, b }: { a: number; b: number }) => a + b;

Deno.test("without a connection, a handler's value is answered before dispatch() returns", () => {
  const { dispatch, replies } = startDispatcher({ add });
  dispatch(request("add", { a: 1, b: 2 }));
  assertEquals(replies.taken(), [{ jsonrpc: "2.0", id: 1, result: 3 }]);
});

Deno.test("without a connection, a handler's promise is answered when it resolves", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const { dispatch, dispatcher, replies } = startDispatcher({ wait: () => promise });
  dispatch(request("wait", undefined, { id: "later" }));
  assertEquals([replies.length, dispatcher.running], [0, 1]);
  const idle = dispatcher.idle();
  resolve("done");
  assertEquals(await replies.next(), { jsonrpc: "2.0", id: "later", result: "done" });
  await idle;
  assertEquals(dispatcher.running, 0);
});

Deno.test("without a connection, a stream sends items, waits for its reader, and ends", async () => {
  async function* count() {
    for (let n = 1; n <= 3; n++) yield await Promise.resolve(n);
    return "the end";
  }
  const { dispatch, replies } = startDispatcher({ count });
  replies.isFull = true;
  dispatch(request("count"));
  assertEquals((await replies.next()).params, { id: 1, value: 1 });
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  assertEquals(replies.length, 0);
  replies.drain();
  assertEquals((await replies.next()).params, { id: 1, value: 2 });
  assertEquals((await replies.next()).params, { id: 1, value: 3 });
  assertEquals(await replies.next(), { jsonrpc: "2.0", id: 1, result: "the end" });
});

Deno.test("without a connection, a stream sends what its caller grants and no more", async () => {
  async function* count() {
    for (let n = 1;; n++) yield await Promise.resolve(n);
  }
  const { dispatch, dispatcher, replies } = startDispatcher({ count });
  dispatch(request("count", undefined, { meta: { credit: 1 } }));
  assertEquals((await replies.next()).params.value, 1);
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  assertEquals(replies.length, 0);
  dispatcher.grant(1, 1);
  assertEquals((await replies.next()).params.value, 2);
  dispatcher.cancel(1);
  assertEquals((await replies.next()).error.data.name, "cancelled");
});

Deno.test("without a connection, an error is answered with its code, and a notification not at all", async () => {
  const methods = {
    fail: () => Promise.reject(new DariError("not_found", "no such thing")),
    throws() {
      throw new Error("/etc/secret");
    },
  };
  const { dispatch, dispatcher, replies } = startDispatcher(methods);
  dispatch(request("fail"));
  const { error } = await replies.next();
  assertEquals([error.code, error.message], [errorTable.not_found.wire, "no such thing"]);
  dispatch(request("throws"));
  dispatch(request("none"));
  const [internal, unknown] = replies.taken();
  assertEquals(internal.error.message, "Internal error");
  assertEquals(unknown.error.message, 'There is no method "none"');
  for (const method of ["fail", "throws", "none"]) dispatch(notification(method));
  await dispatcher.idle();
  assertEquals(replies.taken(), []);
});

Deno.test("without a connection, a call ends at its deadline by the host's clock", async () => {
  const { methods, told } = waitsUntilAborted();
  const { dispatch, replies, clock, dispatcher } = startDispatcher(methods);
  dispatch(request("wait", undefined, { meta: { timeoutMs: 2 } }));
  clock.advance(2);
  assertEquals((await replies.next()).error.data.name, "deadline_exceeded");
  assertEquals((await told).code, "deadline_exceeded");
  assertEquals(dispatcher.running, 1, "the handler itself never returned");
});

Deno.test("without a connection, a call is cancelled by its id", async () => {
  const { methods, told } = waitsUntilAborted();
  const { dispatch, dispatcher, replies } = startDispatcher(methods);
  dispatch(request("wait", undefined, { id: 7 }));
  dispatcher.cancel("7");
  dispatcher.cancel(undefined);
  assertEquals(replies.length, 0);
  dispatcher.cancel(7);
  assertEquals((await replies.next()).error.data.name, "cancelled");
  assertEquals((await told).code, "cancelled");
});

Deno.test("a host without a way back fails calls and notifications of a handler", async () => {
  const methods = {
    ask: (_: unknown, context: Context) => context.call("name"),
    tell: (_: unknown, context: Context) => context.notify("progress"),
  };
  const { dispatch, replies } = startDispatcher(methods);
  dispatch(request("tell"));
  dispatch(request("ask"));
  assertEquals((await replies.next()).error.data.name, "failed_precondition");
  assertEquals((await replies.next()).error.data.name, "failed_precondition");
});

Deno.test("abortAll() tells the handlers and answers nothing", async () => {
  const { methods, told } = waitsUntilAborted();
  const ended: CallRecord[] = [];
  const { dispatch, dispatcher, replies } = startDispatcher(methods, {
    observer: { callEnded: (call) => void ended.push(call) },
  });
  dispatch(request("wait"));
  dispatcher.abortAll(() => new DariError("unavailable", "gone"));
  assertEquals((await told).code, "unavailable");
  assertEquals(replies.length, 0);
  assertEquals(ended.map(({ method, errorCode }) => [method, errorCode]), [[
    "wait",
    "unavailable",
  ]]);
});

Deno.test("revoke() ends the calls of that principal alone", () => {
  const bob = { ...ALICE, name: "bob" };
  const gate: Gate = { ...aliceGate, authenticate: () => bob };
  const { dispatch, dispatcher, replies } = startDispatcher({ wait: never }, { gate });
  dispatch(request("wait", undefined, { id: "alice" }));
  dispatch(request("wait", undefined, { id: "bob", auth: "token" }));
  dispatcher.revoke(bob);
  const [reply] = replies.taken();
  assertEquals([reply.id, reply.error.data.name], ["bob", "unauthenticated"]);
});

Deno.test("the clock is read once for all calls of one chunk that are answered at once", () => {
  const durations: number[] = [];
  let readings = 0;
  const { dispatch, dispatcher, host, clock } = startDispatcher({ add }, {
    clock: { now: () => (readings++, 0), monotonic: () => 0 },
    observer: { callEnded: ({ durationMs }) => void durations.push(durationMs) },
  });
  const monotonic = clock.monotonic.bind(clock);
  dispatcher.beginTurn();
  for (let n = 0; n < 3; n++) {
    dispatcher.dispatch(request("add", { a: 1, b: 2 }), {
      takesBytes: false,
      push() {},
      refusal: () => undefined,
    }, 0);
  }
  host.monotonic = () => (readings++, monotonic());
  clock.advance(5);
  assertEquals(durations, []);
  assertEquals(dispatcher.endTurn(), 5);
  assertEquals([durations, readings], [[5, 5, 5], 2]);
  dispatch(request("add", { a: 1, b: 2 }));
});

Deno.test("a handler knows the method, the peer, the principal and what travelled with the call", async () => {
  await using pair = await startPair({
    tell: (_: unknown, { method, peer, principal, meta }: Context) => ({
      method,
      transport: peer.transport,
      name: principal?.name,
      meta,
    }),
  });
  const meta = { traceparent: "00-1-2-01", idempotencyKey: "k" };
  assertEquals(await pair.client.call("tell", undefined, { meta }), {
    method: "tell",
    transport: "memory",
    name: "local",
    meta,
  });
});

Deno.test("everything else that a handler throws is an internal error, told to the observer alone", async () => {
  const thrown = [new Error("/etc/secret"), undefined, null, "secret", 0, { message: "secret" }];
  const seen: unknown[] = [];
  const requests: string[] = [];
  const observer: Observer = {
    handlerFailed(call, error) {
      seen.push(error);
      requests.push(requestIdOf(call));
    },
  };
  const methods = {
    fail({ n }: { n: number }) {
      throw thrown[n];
    },
    failLater: ({ n }: { n: number }) => Promise.reject(thrown[n]),
  };
  await using pair = await startPair(methods, { observer });
  for (const method of ["fail", "failLater"] as const) {
    for (const n of thrown.keys()) {
      const error = await assertRejects(() => pair.client.call(method, { n }), RpcError);
      assertEquals([error.code, error.message], ["internal", "Internal error"]);
      assertEquals(error.data, { name: "internal", retryable: false, requestId: requests.at(-1) });
    }
  }
  assertEquals(seen, [...thrown, ...thrown]);
  assertEquals(new Set(requests).size, seen.length);
});

Deno.test("results that cannot travel are internal errors, and the connection goes on", async () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  const results = [/x/, cycle, [new Promise(() => {})], () => 1, Symbol()];
  await using pair = await startPair({ give: ({ n }: { n: number }) => results[n] });
  for (const n of results.keys()) {
    const error = await assertRejects(() => pair.client.call("give", { n }), RpcError);
    assertEquals(error.code, "internal");
  }
  assertEquals(await pair.client.call("give", { n: 99 }), null);
});

Deno.test("inherited names are no methods", async () => {
  await using wire = await Wire.open({ add: () => 1 });
  const names = ["__proto__", "constructor", "toString", "then", "hasOwnProperty", "", "rpc.none"];
  for (const method of names) {
    const { error } = await wire.ask({ jsonrpc: "2.0", id: 1, method });
    assertEquals(error.code, errorTable.method_not_found.wire, method);
  }
});

Deno.test("a notification runs and is not answered, not even with an error", async () => {
  const seen: unknown[] = [];
  const methods = {
    note: (params: unknown) => seen.push(params),
    fail: () => Promise.reject(new Error("unheard")),
  };
  await using wire = await Wire.open(methods);
  await wire.send({ jsonrpc: "2.0", method: "note", params: [1] });
  await wire.send({ jsonrpc: "2.0", method: "fail" });
  await wire.send({ jsonrpc: "2.0", method: "none" });
  assertEquals(await wire.settled(), []);
  assertEquals(seen, [[1]]);
});

Deno.test("more calls than a connection may have under way are refused as worth another try", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await using pair = await startPair({ wait: () => promise }, { maxCallsInFlight: 2 }, {
    hello: false,
  });
  const running = [pair.client.call("wait"), pair.client.call("wait")];
  const error = await assertRejects(() => pair.client.call("wait"), RpcError, "More than 2");
  assertEquals([error.code, error.retryable], ["resource_exhausted", true]);
  assert(error.message.endsWith("on this connection"));
  assertEquals(await pair.client.call("rpc.health" as "wait"), { status: "SERVING" });
  resolve();
  await Promise.all(running);
  await pair.client.call("wait");
});

Deno.test("a call that has waited past its deadline is not run, and one within it is", () => {
  const { observer, events } = recorder();
  let ran = 0;
  const { dispatcher, replies, clock } = startDispatcher({ work: () => ++ran }, { observer });
  const serve = (isLate: boolean, meta?: { timeoutMs: number }) => {
    dispatcher.beginTurn(isLate);
    dispatcher.dispatch(request("work", undefined, { meta }), replies, clock.monotonic() - 100);
    dispatcher.endTurn();
    const [{ result, error }] = replies.taken();
    return result ?? error.data.name;
  };
  assertEquals(serve(true, { timeoutMs: 100 }), "deadline_exceeded");
  assertEquals(serve(true, { timeoutMs: 101 }), 1);
  assertEquals(serve(true), 2);
  assertEquals(serve(false, { timeoutMs: 100 }), 3); // what has just arrived is not looked at
  const ended = events.filter(([member]) => member === "callEnded");
  assertEquals(ended.map(([, { errorCode }]) => errorCode), [
    "deadline_exceeded",
    undefined,
    undefined,
    undefined,
  ]);
});
