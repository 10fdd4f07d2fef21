import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { deadline } from "../../../lib/base/abort.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { CallStreams, checkReturned, ItemSource } from "../../../lib/rpc/dispatch/call_streams.ts";
import { ServedCall } from "../../../lib/rpc/dispatch/served_call.ts";
import { RegisteredMethod } from "../../../lib/rpc/method/registry.ts";
import type { Schema } from "../../../lib/rpc/method/schema.ts";
import { notification, ReplyList, request, TestHost } from "../../support/dispatch.ts";
import { startPair } from "../../support/rpc_pair.ts";

const numbers: Schema = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      typeof value === "number" ? { value: value * 10 } : { issues: [{ message: "no number" }] },
  },
};
const plain = new RegisteredMethod("plain", () => {}, false);
const checked = new RegisteredMethod("checked", { result: numbers, handler: () => {} }, false);

/** Items that say when they were ended. */
function items(...values: unknown[]) {
  const state = { ended: false };
  async function* generate() {
    try {
      for (const value of values) yield await Promise.resolve(value);
      return "the end";
    } finally {
      state.ended = true;
    }
  }
  return { state, source: (method = plain) => new ItemSource(method, generate()) };
}

const sendItems = (
  call: ServedCall,
  source: ItemSource,
  replies: ReplyList,
  countsBytes: boolean,
) => new CallStreams(replies, countsBytes).send(call, source);

function callOf(message = request("any")) {
  const replies = new ReplyList();
  return { replies, call: new ServedCall(new TestHost(), message, replies, 0, 1_000) };
}

Deno.test("checkReturned() gives values checked, and refuses what breaks the schema", () => {
  assertEquals(checkReturned(plain, { any: 1 }), { any: 1 });
  assertEquals(checkReturned(checked, 2), 20);
  const error = assertThrows(() => checkReturned(checked, "2"), DariError, "no number");
  assertEquals(error.code, "internal");
});

Deno.test("checkReturned() awaits a promise that is no Promise, and knows a stream by its iterator", async () => {
  const thenable = { then: (resolve: (value: number) => void) => resolve(3) };
  assertEquals(await checkReturned(checked, thenable), 30);
  assertEquals(checkReturned(plain, { then: "just a member" }), { then: "just a member" });
  const stream = async function* () {};
  assert(checkReturned(plain, stream()) instanceof ItemSource);
});

Deno.test("a promise of another make is awaited, and a member called then is just a member", async () => {
  await using pair = await startPair({
    query: () => ({ then: (resolve: (rows: number[]) => void) => resolve([1, 2]) }),
    then: () => ({ then: "and then" }),
  });
  assertEquals(await pair.client.call("query"), [1, 2]);
  // Wrapped, since awaiting what has a method `then` is the language's own trap.
  assertEquals(await pair.client.call("then"), { then: "and then" });
});

Deno.test("CallStreams sends each item checked, counts bytes, and gives what the generator returned", async () => {
  const { call, replies } = callOf();
  const { state, source } = items(1, 2);
  assertEquals(await sendItems(call, source(checked), replies, true), "the end");
  const sent = replies.taken();
  assertEquals(sent.map(({ method, params }) => [method, params.value]), [
    ["rpc.item", 10],
    ["rpc.item", 20],
  ]);
  assertEquals(
    call.bytesOut,
    sent.map((item) => JSON.stringify(item).length).reduce((a, b) => a + b),
  );
  assertEquals([call.isStream, state.ended], [true, true]);
});

Deno.test("a stream that begins after its caller ended its input has the credit that it came with", async () => {
  const { call, replies } = callOf(request("any", undefined, { meta: { credit: 1 } }));
  const streams = new CallStreams(replies, false);
  streams.endInput();
  const { state, source } = items(1, 2);
  const error = await assertRejects(
    () => deadline(streams.send(call, source()), 5_000),
    DariError,
    "ended its input",
  );
  assertEquals([error.code, replies.length, state.ended], ["cancelled", 1, true]);
});

Deno.test("CallStreams ends the generator when an item breaks the schema, and when the call ends", async () => {
  const wrong = items(1, "2", 3);
  const { call, replies } = callOf();
  await assertRejects(() => sendItems(call, wrong.source(checked), replies, false), DariError);
  assertEquals([replies.length, wrong.state.ended], [1, true]);

  const waiting = items(1, 2);
  const other = callOf(request("any", undefined, { meta: { credit: 1 } }));
  const sending = sendItems(other.call, waiting.source(), other.replies, false);
  await other.replies.next();
  other.call.end();
  assertEquals(await sending, undefined);
  assertEquals([other.replies.length, waiting.state.ended], [0, true]);
});

Deno.test("CallStreams makes no items for a notification", async () => {
  let made = 0;
  async function* generate() {
    yield await Promise.resolve(++made);
  }
  const { call, replies } = callOf(notification("any") as never);
  await sendItems(call, new ItemSource(plain, generate()), replies, false);
  assertEquals([made, replies.length], [0, 0]);
});
