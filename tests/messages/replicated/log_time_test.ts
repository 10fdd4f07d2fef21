import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { type LogTime, nextLogTime, noLogTime } from "../../../lib/messages/replicated/log_time.ts";

const START = Date.parse("2026-01-01T00:00:00Z");
const DAY_MS = 86_400_000;

/** The time after a batch whose writer and log have these clocks, from the start on. */
function after(before: LogTime, now: number, today: number, atMs: number): LogTime {
  return nextLogTime(before, { now: START + now, today: START + today }, START + atMs);
}

const begun = after(noLogTime, 0, 0, 0);

Deno.test("the first batch sets the time, and each one after it moves it forward", () => {
  assertEquals([begun.now, begun.today, begun.leadMs], [START, START, 0]);
  const next = after(begun, 1_000, 1_000, 1_000);
  assertEquals([next.now, next.today, next.leadMs], [START + 1_000, START + 1_000, 0]);
});

Deno.test("a writer that is behind changes nothing", () => {
  const next = after(begun, -DAY_MS, 10, 10);
  assertEquals([next.now, next.today], [START, START]);
});

Deno.test("maxLogLeadMs bounds how far writers with a wrong clock take leases, all their batches together", () => {
  let time = begun;
  for (let at = 1; at <= 100; at++) time = after(time, DAY_MS, at, at);
  assertEquals(time.now, START + 100 + limits.maxLogLeadMs);
  // Whoever keeps the time of the log goes on from there, and nobody goes further ahead.
  const { now } = nextLogTime(time, { now: time.now + 60_000, today: 0 }, START + 60_100);
  assertEquals(now, START + 60_100 + limits.maxLogLeadMs);
});

Deno.test("a writer is believed as far as time has passed by the log", () => {
  assertEquals(after(begun, limits.maxLogLeadMs, 0, 0).now, START + limits.maxLogLeadMs);
  assertEquals(after(begun, limits.maxLogLeadMs + 1, 0, 0).now, START + limits.maxLogLeadMs);
  assertEquals(after(begun, DAY_MS, DAY_MS, DAY_MS).now, START + DAY_MS);
});

Deno.test("a log whose clock is set forward or back ends no lease and stops no time", () => {
  const forward = after(begun, 1_000, 1_000, DAY_MS);
  assertEquals([forward.now, forward.today], [START + 1_000, START + 1_000]);
  const back = after(forward, 2_000, 2_000, 2_000);
  assertEquals([back.now, back.today], [START + 2_000, START + 2_000]);
});

Deno.test("of three wall times the one in the middle counts, so no clock decides alone", () => {
  const writer = after(begun, 10, DAY_MS, 10);
  assertEquals(writer.today, START + 10);
  const log = after(begun, 10, 10, DAY_MS);
  assertEquals(log.today, START + 10);
  // Where all servers have slept, writer and log agree against what has flowed.
  const slept = after(begun, 10, DAY_MS, DAY_MS);
  assertEquals([slept.now, slept.today], [START + 10, START + DAY_MS]);
});

Deno.test("logTimeToleranceMs lets the wall time flow where clocks differ by little", () => {
  const within = limits.logTimeToleranceMs;
  assertEquals(after(begun, 10, 10 + within, 10 + within).today, START + 10);
  assertEquals(after(begun, 10, 11 + within, 11 + within).today, START + 11 + within);
});
