import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { Clock } from "../../../lib/base/clock.ts";
import { TurnClock } from "../../../lib/rpc/call/turn_clock.ts";

/** A clock that moves whenever it is read. */
function createClock(): Clock {
  let now = 100, monotonic = 0;
  return { now: () => ++now, monotonic: () => ++monotonic };
}

Deno.test("TurnClock reads its clock once a turn", async () => {
  const turn = TurnClock.of(createClock());
  assertEquals([turn.monotonic(), turn.now(), turn.monotonic(), turn.now()], [1, 101, 1, 101]);
  await Promise.resolve();
  assertEquals([turn.now(), turn.now(), turn.monotonic()], [102, 102, 2]);
  await Promise.resolve();
  assertEquals([turn.monotonic(), turn.now()], [3, 103]);
});

Deno.test("TurnClock is one for all who read the same clock", () => {
  const clock = createClock();
  assertStrictEquals(TurnClock.of(clock), TurnClock.of(clock));
  assert(TurnClock.of(clock) !== TurnClock.of(createClock()));
});
