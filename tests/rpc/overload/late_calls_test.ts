import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { LateCalls } from "../../../lib/rpc/overload/late_calls.ts";

const call = { method: "add", deadlineAt: 100 };

Deno.test("calls that have waited are checked by the clock, or by the time at which they were judged", () => {
  let now = 50;
  const late = new LateCalls(() => now);
  late.beginTurn(true);
  late.check(call, false);
  now = 100;
  assertEquals(assertThrows(() => late.check(call, false), DariError).code, "deadline_exceeded");
  late.judge(99, undefined);
  late.check(call, false);
  late.endTurn();
  assertEquals(late.haveWaited, false);
});

Deno.test("calls are refused that have waited for too long, dari's own excepted, until the turn ends", () => {
  const late = new LateCalls(() => 0);
  late.beginTurn(false);
  assertEquals(late.haveWaited, false);
  late.judge(10, new DariError("resource_exhausted", "too busy"));
  assertThrows(() => late.check(call, false), DariError, "too busy");
  late.check(call, true);
  late.endTurn();
  late.beginTurn(true);
  late.check(call, false);
});
