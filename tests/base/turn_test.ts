import { assert, assertEquals } from "@std/assert";
import { limits } from "../../lib/base/limits.ts";
import { turn, turnIfDue } from "../../lib/base/turn.ts";

Deno.test("turnIfDue() lets timers run beside a loop of promises that are resolved already", async () => {
  let fired = false;
  setTimeout(() => fired = true, 0);
  let rounds = 0;
  for (; !fired && rounds < 50_000_000; rounds++) await (turnIfDue() ?? Promise.resolve());
  assert(fired, "the timer starved");
});

Deno.test("turnIfDue() gives one turn in each millisecond, and none to most rounds", () => {
  const start = performance.now();
  let turns = 0;
  for (let round = 0; round < 1_000; round++) if (turnIfDue() !== undefined) turns++;
  const most = 1 + (performance.now() - start) / limits.turnMs;
  assert(turns <= most, `${turns} turns where ${most} are due`);
});

Deno.test("turn() lets microtasks run first", async () => {
  const order: string[] = [];
  queueMicrotask(() => order.push("microtask"));
  await turn().then(() => order.push("turn"));
  assertEquals(order, ["microtask", "turn"]);
});
