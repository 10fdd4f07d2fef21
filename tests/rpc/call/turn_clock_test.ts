import { assertEquals } from "@std/assert";
import { TurnClock } from "../../../lib/rpc/call/turn_clock.ts";

Deno.test("TurnClock reads its clock once a turn", async () => {
  let time = 0;
  const clock = new TurnClock(() => ++time);
  assertEquals([clock.now(), clock.now()], [1, 1]);
  await Promise.resolve();
  assertEquals([clock.now(), clock.now()], [2, 2]);
});
