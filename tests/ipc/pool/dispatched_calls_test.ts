import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { Queue } from "../../../lib/ipc/mod.ts";
import { DispatchedCalls } from "../../../lib/ipc/pool/dispatched_calls.ts";
import { decodeRequest, type RequestFrame, valueOf } from "../../../lib/ipc/pool/wire/frame.ts";
import { CallSlots } from "../../../lib/ipc/pool/wire/slots.ts";
import { callOf } from "../../support/pool_call.ts";

const MAX_BYTES = 1_000_000;

function start(places = 4): DispatchedCalls {
  return new DispatchedCalls(places, "json", MAX_BYTES);
}

/** Takes what is in the queue, as a worker reads it. */
function takeRequests(calls: DispatchedCalls): RequestFrame[] {
  const queue = Queue.open<Uint8Array<ArrayBuffer>>(calls.buffers.requests);
  const requests = [];
  for (let frame = queue.tryGet(); frame; frame = queue.tryGet()) {
    requests.push(decodeRequest(frame));
  }
  return requests;
}

function takeParams(calls: DispatchedCalls): unknown[] {
  return takeRequests(calls).map(({ params }) => params);
}

Deno.test("dispatch() queues a call with its time left, and at() finds it by its place", () => {
  const calls = start();
  const call = callOf([1], performance.now() + 5_000, "add");
  assertEquals(calls.dispatch(call), true);
  const [request] = takeRequests(calls);
  assertEquals([request?.method, request?.params, request?.isLarge], ["add", [1], false]);
  assertEquals(request!.timeoutMs > 4_000 && request!.timeoutMs <= 5_000, true);
  assertStrictEquals(calls.at(request!), call);
});

Deno.test("a call whose deadline has passed is queued with no time left", () => {
  const calls = start();
  calls.dispatch(callOf(null, performance.now() - 100));
  assertEquals(takeRequests(calls)[0]?.timeoutMs, 0);
});

Deno.test("dispatch() has as many places as it was given, and gets them back by release()", () => {
  const calls = start(2);
  const [first, second, third] = ["a", "b", "c"].map((params) => callOf(params));
  assertEquals([first, second, third].map((call) => calls.dispatch(call!)), [true, true, false]);
  assertEquals(third?.place, undefined);
  const place = first!.place!;
  calls.release(first!);
  assertEquals([first?.place, calls.at(place)], [undefined, undefined]);
  assertEquals(calls.dispatch(third!), true);
  assertEquals(calls.at(place), undefined, "a late reply must not find the slot's next call");
  assertEquals(new Set(calls.all()), new Set([second!, third!]));
});

Deno.test("every place has room for the longest params that are not left out", () => {
  const calls = start(100);
  const params = "x".repeat(limits.poolInlineBytes - 2); // and two quotes
  for (let call = 0; call < 100; call++) assertEquals(calls.dispatch(callOf(params)), true);
  assertEquals(calls.dispatch(callOf("no place")), false);
});

Deno.test("a call that cannot be sent keeps no place", () => {
  const calls = start(1);
  assertThrows(() => calls.dispatch(callOf(/x/)), TypeError);
  const long = callOf("x".repeat(MAX_BYTES));
  assertEquals(assertThrows(() => calls.dispatch(long), DariError).code, "resource_exhausted");
  const unknown = callOf(null, Infinity, "x".repeat(limits.maxPoolMethodBytes));
  assertEquals(assertThrows(() => calls.dispatch(unknown), DariError).code, "method_not_found");
  assertEquals(calls.dispatch(callOf("fits")), true);
});

Deno.test("params over the limit of the queue are left out, and posted when the worker asks", () => {
  const calls = start();
  const inline = callOf("x".repeat(limits.poolInlineBytes - 2)); // and two quotes
  const large = callOf("x".repeat(limits.poolInlineBytes - 1));
  for (const call of [inline, large]) calls.dispatch(call);
  assertEquals(takeRequests(calls).map(({ isLarge }) => isLarge), [false, true]);
  const { kind, bytes } = calls.payloadOf(large);
  assertEquals(valueOf(kind, bytes), large.params);
});

Deno.test("withdraw() takes back a queued call, and leaves one that runs", () => {
  const calls = start();
  const [queued, running] = [callOf("queued"), callOf("running")];
  for (const call of [queued, running]) calls.dispatch(call);
  const slots = new CallSlots(calls.buffers.slots);
  slots.claim(running.place!, 5);
  assertEquals([queued, running].map((call) => calls.workerOf(call.place!)), [undefined, 5]);
  for (const call of [queued, running]) calls.withdraw(call);
  assertEquals(calls.all(), [running]);
});

Deno.test("calls that were withdrawn free their room, though no worker has taken them", () => {
  const calls = start();
  assertEquals(calls.dispatch(callOf("first")), true);
  for (let i = 0; i < 50; i++) {
    const call = callOf("x".repeat(50_000));
    assertEquals(calls.dispatch(call), true);
    calls.withdraw(call);
  }
  assertEquals(calls.dispatch(callOf("last")), true);
  assertEquals(takeParams(calls).filter((params) => String(params).length < 10), ["first", "last"]);
});

Deno.test("what is queued again is in the queue once, and in order", () => {
  const calls = start();
  for (const params of ["a", "b", "c"]) calls.dispatch(callOf(params));
  for (let deaths = 0; deaths < 9; deaths++) assertEquals(calls.queueAgain(), []);
  assertEquals(takeParams(calls), ["a", "b", "c"]);
  assertEquals(calls.queueAgain(), []); // a worker that has died took them all
  assertEquals(takeParams(calls), ["a", "b", "c"]);
});

Deno.test("queueAgain() leaves calls that run, and returns calls that cannot be sent any more", () => {
  const calls = start();
  const params: { pattern?: RegExp } = {};
  const [changed, running] = [callOf(params), callOf("running")];
  for (const call of [changed, running]) calls.dispatch(call);
  new CallSlots(calls.buffers.slots).claim(running.place!, 0);
  takeRequests(calls);
  params.pattern = /x/;
  assertEquals(calls.queueAgain(), [changed as typeof changed & { place: never }]);
  assertEquals(takeParams(calls), []);
});

Deno.test("close() lets workers take what is queued, and then ends the queue", async () => {
  const calls = start();
  calls.dispatch(callOf("last"));
  calls.close();
  const queue = Queue.open<Uint8Array<ArrayBuffer>>(calls.buffers.requests);
  assertEquals(decodeRequest((await queue.get())!).params, "last");
  assertEquals(await queue.get(), undefined);
});
