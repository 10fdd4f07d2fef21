import { assertEquals } from "@std/assert";
import { CallRunner } from "../../../lib/ipc/pool/call_runner.ts";
import { DispatchedCalls } from "../../../lib/ipc/pool/dispatched_calls.ts";
import { MessageReader, MessageWriter } from "../../../lib/ipc/ring/messages.ts";
import type { Call } from "../../../lib/ipc/pool/call.ts";
import {
  decodeReply,
  decodeRequest,
  encodeRequest,
  payloadOf,
} from "../../../lib/ipc/pool/frame.ts";
import { Queue, Ring } from "../../../lib/ipc/mod.ts";

const MAX_BYTES = 1_000_000;

function callOf(params: unknown): Call {
  const nothing = () => {};
  return {
    method: "echo",
    params,
    resolve: nothing,
    reject: nothing,
    expiresAt: Infinity,
    timeoutMs: Infinity,
    signal: undefined,
    onAbort: nothing,
    settled: false,
  };
}

/** What lies in the queue, as a worker reads it. */
function queued(calls: DispatchedCalls): unknown[] {
  const queue = Queue.open<Uint8Array<ArrayBuffer>>(calls.buffers.requests);
  const params = [];
  for (let frame = queue.tryGet(); frame; frame = queue.tryGet()) {
    params.push(decodeRequest(frame).params);
  }
  return params;
}

Deno.test("calls that were withdrawn leave their room, though no worker has come by", () => {
  const calls = new DispatchedCalls(4, "json", MAX_BYTES);
  assertEquals(calls.dispatch(callOf("first")), true);
  for (let i = 0; i < 50; i++) {
    const call = callOf("x".repeat(50_000));
    assertEquals(calls.dispatch(call), true);
    calls.withdraw(call);
  }
  assertEquals(calls.dispatch(callOf("last")), true);
  assertEquals(queued(calls).filter((params) => String(params).length < 10), ["first", "last"]);
});

Deno.test("what is queued again lies in the queue once, and in order", () => {
  const calls = new DispatchedCalls(4, "json", MAX_BYTES);
  for (const params of ["a", "b", "c"]) calls.dispatch(callOf(params));
  for (let deaths = 0; deaths < 9; deaths++) assertEquals(calls.queueAgain(), []);
  assertEquals(queued(calls), ["a", "b", "c"]);
  assertEquals(calls.queueAgain(), []); // one that has died took them all
  assertEquals(queued(calls), ["a", "b", "c"]);
});

Deno.test("a call that is cancelled before its params have come is told so when it runs", async () => {
  const ring = Ring.create();
  const results = new MessageWriter(ring, MAX_BYTES);
  const methods = new Map([["isAborted", (_: unknown, { signal }: { signal: AbortSignal }) => {
    return signal.aborted;
  }]]);
  const runner = new CallRunner(methods, { results, encoding: "json", maxMessageBytes: MAX_BYTES });
  const place = { slot: 3, generation: 1 };
  const asked = runner.askParams(place);
  runner.handleOrder({ type: "cancel", place });
  const payload = { kind: 2, bytes: new TextEncoder().encode("[1]") };
  runner.handleOrder({ type: "params", place, payload });
  assertEquals(await asked, [1]);
  const frame = encodeRequest(place, "isAborted", 1_000, payloadOf(null, "json"));
  runner.run(decodeRequest(frame.slice()), null);
  const replies = new MessageReader(ring, MAX_BYTES);
  replies.tryRead(); // that it asks
  assertEquals(decodeReply(replies.tryRead()!.content).value, true);
});
