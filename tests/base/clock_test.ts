import { assert } from "@std/assert";
import { systemClock } from "../../lib/base/clock.ts";

Deno.test("systemClock tells the time of day, and a time that never steps back", () => {
  const before = Date.now();
  const now = systemClock.now();
  assert(before <= now && now <= Date.now());
  let last = systemClock.monotonic();
  for (let i = 0; i < 1_000; i++) {
    const next = systemClock.monotonic();
    assert(next >= last);
    last = next;
  }
});
