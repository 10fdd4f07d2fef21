import { assert, assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { type DariError, errorTable, RpcError } from "../../../lib/base/errors.ts";
import { ItemStream } from "../../../lib/rpc/stream/item_stream.ts";
import { OutgoingCall } from "../../../lib/rpc/call/outgoing_call.ts";
import { WaitingCalls } from "../../../lib/rpc/call/waiting_calls.ts";
import { TestClock } from "../../support/clock.ts";

/** Calls that wait, how they ended, and whose deadline passed. */
function setUp() {
  const clock = new TestClock();
  const expired: number[] = [];
  const notices: string[] = [];
  const refusals: string[] = [];
  const calls = new WaitingCalls(() => clock.monotonic(), {
    abandoned: (id) => expired.push(id),
    refused: ({ method }, { message }) => refusals.push(`${method}: ${message}`),
    noticed: ({ message }) => notices.push(message),
    deprecated: (method, advice) => notices.push(`${method}: ${advice}`),
  });
  const add = (deadlineAt = Infinity, stream?: ItemStream<unknown>, params?: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const call = new OutgoingCall("call", "add", params, {}, resolve, reject);
    Object.assign(call, { id: calls.nextId(), deadlineAt, stream });
    calls.add(call);
    return { id: call.id, ended: promise.catch((error) => error) };
  };
  return { clock, calls, expired, notices, refusals, add };
}

Deno.test("WaitingCalls gives each reply to its call, in any order and once", async () => {
  const { calls, add } = setUp();
  const [first, second] = [add(), add()];
  calls.resolve(second.id, "second");
  calls.resolve(first.id, "first");
  calls.resolve(first.id, "again");
  calls.reject(second.id, { code: -32603, message: "again" });
  assertEquals([await first.ended, await second.ended, calls.size], ["first", "second", 0]);
});

Deno.test("WaitingCalls throws an error of the other side with its code, message and advice", async () => {
  const { calls, add } = setUp();
  const call = add();
  const data = { name: "unavailable", retryable: false, retryAfterMs: 7 };
  calls.reject(call.id, { code: errorTable.unavailable.wire, message: "gone", data });
  const error = await call.ended as RpcError;
  assert(error instanceof RpcError);
  assertEquals([error.code, error.message], ["unavailable", "gone"]);
  assertEquals([error.retryable, error.retryAfterMs, error.data], [false, 7, data]);
});

Deno.test("WaitingCalls takes an error that it does not know as internal, and ignores odd advice", async () => {
  for (const data of [undefined, null, "text", { retryable: "yes", retryAfterMs: "soon" }]) {
    const { calls, add } = setUp();
    const call = add();
    calls.reject(call.id, { code: 12_345, message: "odd", data });
    const { code, retryable, retryAfterMs } = await call.ended as RpcError;
    assertEquals([code, retryable, retryAfterMs], ["internal", false, undefined]);
  }
});

Deno.test("WaitingCalls gives items to the stream of their call and to nobody else", async () => {
  const { calls, add } = setUp();
  const stream = new ItemStream<unknown>({ items: 4, bytes: 1_000 });
  const streaming = add(Infinity, stream);
  for (const id of [streaming.id, 99, "1", undefined]) calls.pushItem(id, `for ${id}`, 1);
  assertEquals(await stream.next(), { done: false, value: `for ${streaming.id}` });
  stream.finish();
  assertEquals(await stream.next(), { done: true, value: undefined });
});

Deno.test("WaitingCalls fails a call at its deadline and tells its id once", async () => {
  const { clock, calls, expired, add } = setUp();
  const [soon, later] = [add(2), add(60_000)];
  clock.advance(2);
  const error = await soon.ended as DariError;
  assertEquals([error.code, calls.size, expired], ["deadline_exceeded", 1, [soon.id]]);
  calls.resolve(soon.id, "too late");
  calls.resolve(later.id, "in time");
  assertEquals(await later.ended, "in time");
  calls.rejectAll(() => undefined); // stops the timer
});

Deno.test("WaitingCalls lets a call without end, or with a very long one, wait", async () => {
  const { clock, calls, expired, add } = setUp();
  const long = [2 ** 31, 2 ** 40, Infinity].map((deadlineAt) => add(deadlineAt));
  const short = add(1);
  clock.advance(1);
  assertEquals((await short.ended as DariError).code, "deadline_exceeded");
  assertEquals([calls.size, expired], [3, [short.id]]);
  calls.rejectAll(() => "over");
  assertEquals(await Promise.all(long.map(({ ended }) => ended)), ["over", "over", "over"]);
});

Deno.test("WaitingCalls abandons a call that waits, and tells its id once", async () => {
  const { calls, expired, add } = setUp();
  const call = add();
  calls.abandon(call.id, "enough");
  calls.abandon(call.id, "again");
  assertEquals([await call.ended, expired], ["enough", [call.id]]);
});

Deno.test("WaitingCalls fails a call whose method turns out to stream", async () => {
  const { calls, expired, add } = setUp();
  const call = add();
  calls.pushItem(call.id, 1, 1);
  const error = await call.ended as DariError;
  assertEquals([error.code, expired], ["invalid_request", [call.id]]);
  assertEquals(error.message, '"add" streams its items: call it with stream(), not with call()');
});

const stopping = {
  code: errorTable.unavailable.wire,
  message: "stopping",
  data: { stopping: true },
};

Deno.test("WaitingCalls hands over a call that a stopping server refused, and no other", async () => {
  const { calls, refusals, add } = setUp();
  const [refused, failed, odd] = [add(), add(), add()];
  calls.reject(refused.id, stopping);
  calls.reject(failed.id, { ...stopping, data: { stopping: "yes" } });
  calls.reject(odd.id, { ...stopping, code: errorTable.internal.wire });
  assertEquals([refusals, calls.size], [["add: stopping"], 0]);
  assertEquals([(await failed.ended as RpcError).code, (await odd.ended as RpcError).code], [
    "unavailable",
    "internal",
  ]);
});

const tooLong = { code: errorTable.resource_exhausted.wire, message: "A line is too long" };

Deno.test("an error without an id is that of the only call that waits", async () => {
  const { calls, notices, add } = setUp();
  calls.reject(null, tooLong);
  const call = add();
  calls.reject(null, tooLong);
  assertEquals((await call.ended as RpcError).message, "A line is too long");
  assertEquals([notices.length, calls.size], [2, 0]);
});

Deno.test("of several calls a line that is too long is the only one that is long", async () => {
  const { calls, notices, add } = setUp();
  const long = "x".repeat(limits.maxLineBytesBeforeSignIn);
  const [short, first] = [add(), add(Infinity, undefined, long)];
  calls.reject(null, { ...tooLong, code: errorTable.invalid_request.wire });
  assertEquals(calls.size, 2);
  calls.reject(null, tooLong);
  assertEquals((await first.ended as RpcError).code, "resource_exhausted");
  for (const call of [add(Infinity, undefined, long), add(Infinity, undefined, long)]) {
    call.ended.then(() => {});
  }
  calls.reject(null, tooLong);
  assertEquals([calls.size, notices.length], [3, 3]);
  calls.resolve(short.id, "short");
  assertEquals(await short.ended, "short");
  calls.rejectAll(() => "over");
});

Deno.test("a question whether the other side is there is no call that somebody waits for", async () => {
  const { calls, add } = setUp();
  const ignore = () => {};
  const ping = new OutgoingCall("ping", "rpc.ping", undefined, {}, ignore, ignore);
  ping.id = calls.nextId();
  calls.add(ping);
  assertEquals([calls.size, calls.isIdle, calls.ids()], [1, true, []]);
  const call = add();
  assertEquals([calls.isIdle, calls.ids()], [false, [call.id]]);
  calls.reject(null, tooLong); // it is about the call
  assertEquals((await call.ended as RpcError).code, "resource_exhausted");
  assertEquals(calls.isIdle, true);
  calls.resolve(ping.id, "pong");
  assertEquals([calls.size, calls.isIdle], [0, true]);
});

Deno.test("whoever watches for it hears that a call begins to wait", () => {
  const { calls, add } = setUp();
  let heard = 0;
  calls.onWait = () => heard++;
  add();
  calls.onWait = undefined;
  add();
  assertEquals(heard, 1);
});

Deno.test("WaitingCalls counts the characters of its calls' params", () => {
  const { calls, add } = setUp();
  let rooms = 0;
  calls.onRoom = () => rooms++;
  const [first, second] = [add(Infinity, undefined, "[1]"), add(Infinity, undefined, "[22]")];
  assertEquals([calls.length, rooms], [7, 0]);
  calls.resolve(first.id, 1);
  assertEquals([calls.length, rooms], [4, 1]);
  calls.remove(second.id);
  assertEquals([calls.length, rooms, calls.remove(second.id)], [0, 2, false]);
});
