import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { QueueDelay } from "../../../lib/rpc/overload/queue_delay.ts";

const TARGET = 5;
const INTERVAL = 100;

function delayOf(): QueueDelay {
  return new QueueDelay({ targetDelayMs: TARGET, delayIntervalMs: INTERVAL });
}

Deno.test("calls that wait for too long are shed once all of them have for an interval", () => {
  const delay = delayOf();
  assertEquals(delay.isLate(50, 0), false);
  assertEquals(delay.isLate(50, INTERVAL - 1), false);
  assertEquals(delay.isLate(50, INTERVAL), true);
});

Deno.test("while calls are shed, those that have waited for less than twice the target are served", () => {
  const delay = delayOf();
  for (const now of [0, INTERVAL]) delay.isLate(50, now);
  assertEquals(delay.isLate(limits.shedDelayFactor * TARGET, INTERVAL + 1), false);
  assertEquals(delay.isLate(limits.shedDelayFactor * TARGET + 0.1, INTERVAL + 1), true);
});

Deno.test("one call that waited for less than the target ends what may become an overload", () => {
  const delay = delayOf();
  delay.isLate(50, 0);
  delay.isLate(TARGET, INTERVAL / 2);
  assertEquals(delay.isLate(50, INTERVAL), false);
});

Deno.test("an empty queue ends it as well", () => {
  const delay = delayOf();
  delay.isLate(50, 0);
  delay.emptied();
  assertEquals(delay.isLate(50, INTERVAL), false);
});

Deno.test("shedding goes on through short calms, and ends after an interval in which nothing was shed", () => {
  const delay = delayOf();
  for (const now of [0, INTERVAL]) delay.isLate(50, now);
  assertEquals(delay.isLate(1, INTERVAL + 10), false);
  assertEquals(delay.isLate(50, INTERVAL + 20), true);
  assertEquals(delay.isLate(50, 2 * INTERVAL + 20), false, "a burst begins");
});

Deno.test("a target of Infinity sheds nothing", () => {
  const delay = new QueueDelay({ targetDelayMs: Infinity, delayIntervalMs: INTERVAL });
  assertEquals([delay.isLate(1e9, 0), delay.isLate(1e9, 1e9)], [false, false]);
});
