import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { CallSlots } from "../../../lib/rpc/overload/call_slots.ts";
import { TestClock } from "../../support/clock.ts";

const times = { targetDelayMs: 5, delayIntervalMs: 100 };

function slotsOf(count: number) {
  const clock = new TestClock();
  return { clock, slots: new CallSlots(count, times, () => clock.monotonic()) };
}

/** A handler that returns when it is told to. */
function held() {
  const { promise, resolve } = Promise.withResolvers<string>();
  const handler = () => {
    held.began = true;
    return promise;
  };
  const held = { handler, finish: resolve, began: false };
  return held;
}

Deno.test("a handler begins once another has returned, and those that wait begin in order", async () => {
  const { slots } = slotsOf(1);
  const [first, second, third] = [held(), held(), held()];
  const results = [first, second, third].map(({ handler }) =>
    slots.run({ isDone: false }, handler)
  );
  assertEquals([first.began, second.began, third.began], [true, false, false]);
  first.finish("1");
  assertEquals(await results[0], "1");
  await Promise.resolve();
  assertEquals([second.began, third.began], [true, false]);
  second.finish("2");
  third.finish("3");
  assertEquals(await Promise.all(results), ["1", "2", "3"]);
});

Deno.test("a handler that returns at once, or throws, gives its slot back", () => {
  const { slots } = slotsOf(1);
  assertEquals(slots.run({ isDone: false }, () => 3), 3);
  assertThrows(() => slots.run({ isDone: false }, () => JSON.parse("{")));
  assertEquals(slots.run({ isDone: false }, () => 4), 4);
});

Deno.test("a call that nobody waits for any more gets no slot", async () => {
  const { slots } = slotsOf(1);
  const [first, second, third] = [held(), held(), held()];
  const call = { isDone: false };
  const running = slots.run(call, first.handler);
  const left = slots.run(call, second.handler) as Promise<unknown>;
  const waits = slots.run({ isDone: false }, third.handler);
  call.isDone = true;
  third.finish("3");
  first.finish("1");
  assertEquals((await assertRejects(() => left, DariError)).code, "cancelled");
  assertEquals([await running, await waits, second.began], ["1", "3", false]);
});

Deno.test("calls that wait for too long while all others do are refused", async () => {
  const { slots, clock } = slotsOf(1);
  const running = Array.from({ length: 4 }, held);
  const results = running.map(({ handler }) => slots.run({ isDone: false }, handler));
  for (const result of results) (result as Promise<unknown>).catch(() => {});
  clock.advance(50);
  running[0]!.finish("0");
  await results[0];
  clock.advance(150);
  running[1]!.finish("1");
  await results[1];
  const refused = await assertRejects(() => results[2] as Promise<unknown>, DariError);
  assertEquals([refused.code, refused.retryAfterMs], ["resource_exhausted", 200]);
  assertEquals(running[2]!.began, false);
});

Deno.test("maxConcurrentCalls must be 1 or more", () => {
  for (const count of [0, -1, NaN]) assertThrows(() => slotsOf(count), RangeError, `is ${count}`);
});
