import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { SleepCount } from "../../../lib/ipc/segment/sleep_count.ts";

Deno.test("so many waits in a row without a look are told once, and the next look is", () => {
  const told: boolean[] = [];
  const count = new SleepCount((isAsleep) => told.push(isAsleep));
  for (let n = 1; n < limits.sleepsBeforeSocket; n++) count.waits(false);
  count.waits(true);
  for (let n = 1; n < limits.sleepsBeforeSocket; n++) count.waits(false);
  assertEquals(told, []);
  count.waits(false);
  count.waits(false);
  assertEquals(told, [true]);
  count.waits(true);
  count.waits(true);
  assertEquals(told, [true, false]);
});
