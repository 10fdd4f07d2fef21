import { assertEquals } from "@std/assert";
import { DeadlineTimer } from "../../lib/base/deadline_timer.ts";
import { FakeTimers } from "../support/fake_timers.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

function startTimer(timers: FakeTimers): { timer: DeadlineTimer; due: number[] } {
  const due: number[] = [];
  const timer = new DeadlineTimer(() => due.push(timers.now), () => timers.now);
  return { timer, due };
}

Deno.test("add() calls back at the earliest deadline, in whatever order they were added", () => {
  using timers = new FakeTimers();
  const { timer, due } = startTimer(timers);
  for (const at of [300, 100, 200]) timer.add(at);
  assertEquals(timers.count, 1);
  timers.advance(99);
  assertEquals(due, []);
  timers.advance(1);
  assertEquals(due, [100]);
});

Deno.test("a deadline that has passed is due at once, and a fraction of a millisecond is not early", () => {
  using timers = new FakeTimers();
  const { timer, due } = startTimer(timers);
  timers.advance(50);
  timer.add(10);
  timers.advance(0);
  assertEquals(due, [50]);
  timer.add(50.25);
  timers.advance(0);
  assertEquals(due, [50]);
  timers.advance(1);
  assertEquals(due.length, 2);
});

Deno.test("after the call-back the timer takes later deadlines again", () => {
  using timers = new FakeTimers();
  const { timer, due } = startTimer(timers);
  timer.add(100);
  timers.advance(100);
  timer.add(200);
  timers.advance(100);
  assertEquals(due, [100, 200]);
});

Deno.test("a deadline beyond the runtime's longest timer does not fire at once", () => {
  using timers = new FakeTimers();
  const { timer, due } = startTimer(timers);
  timer.add(60 * DAY_MS);
  timers.advance(59 * DAY_MS);
  assertEquals(due, []);
  timers.advance(DAY_MS);
  assertEquals(due, [60 * DAY_MS]);
});

Deno.test("Infinity is no deadline, and clear() forgets every deadline", () => {
  using timers = new FakeTimers();
  const { timer, due } = startTimer(timers);
  timer.add(Infinity);
  assertEquals(timers.count, 0);
  timer.add(100);
  timer.clear();
  assertEquals(timers.count, 0);
  timer.add(200); // later than what was forgotten
  timers.advance(1_000);
  assertEquals(due, [200]);
});
