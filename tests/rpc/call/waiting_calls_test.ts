import { assert, assertEquals } from "@std/assert";
import { type DariError, errorTable, RpcError } from "../../../lib/base/errors.ts";
import { ItemStream } from "../../../lib/rpc/call/item_stream.ts";
import { WaitingCalls } from "../../../lib/rpc/call/waiting_calls.ts";
import { TestClock } from "../../support/clock.ts";

/** Calls that wait, how they ended, and whose deadline passed. */
function setUp() {
  const clock = new TestClock();
  const expired: number[] = [];
  const calls = new WaitingCalls(() => clock.monotonic(), (id) => expired.push(id));
  const add = (deadlineAt = Infinity, stream?: ItemStream<unknown>) => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const id = calls.nextId();
    calls.add({ id, method: "add", deadlineAt, resolve, reject, stream });
    return { id, ended: promise.catch((error) => error) };
  };
  return { clock, calls, expired, add };
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
  const stream = new ItemStream<unknown>(4);
  const [streaming, plain] = [add(Infinity, stream), add()];
  for (const id of [plain.id, streaming.id, 99, "1", undefined]) calls.pushItem(id, `for ${id}`);
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
  calls.rejectAll(undefined); // stops the timer
});

Deno.test("WaitingCalls lets a call without end, or with a very long one, wait", async () => {
  const { clock, calls, expired, add } = setUp();
  const long = [2 ** 31, 2 ** 40, Infinity].map((deadlineAt) => add(deadlineAt));
  const short = add(1);
  clock.advance(1);
  assertEquals((await short.ended as DariError).code, "deadline_exceeded");
  assertEquals([calls.size, expired], [3, [short.id]]);
  calls.rejectAll("over");
  assertEquals(await Promise.all(long.map(({ ended }) => ended)), ["over", "over", "over"]);
});

Deno.test("WaitingCalls abandons a call that waits, and says whether it did", async () => {
  const { calls, add } = setUp();
  const call = add();
  assertEquals([calls.abandon(call.id, "enough"), calls.abandon(call.id, "again")], [true, false]);
  assertEquals(await call.ended, "enough");
});
