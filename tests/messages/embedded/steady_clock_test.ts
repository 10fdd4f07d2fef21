import { assertEquals } from "@std/assert";
import { SteadyClock } from "../../../lib/messages/embedded/steady_clock.ts";
import { TestClock } from "../../support/clock.ts";

const HOUR_MS = 3_600_000;

Deno.test("SteadyClock keeps its pace when the clock is set, and today() follows it forward", () => {
  const clock = new TestClock();
  const begun = clock.now();
  const steady = new SteadyClock(clock);
  clock.advance(1_000);
  clock.step(-HOUR_MS);
  assertEquals([steady.now() - begun, steady.today() - begun], [1_000, 1_000]);
  clock.step(2 * HOUR_MS);
  assertEquals([steady.now() - begun, steady.today() - begun], [1_000, HOUR_MS + 1_000]);
});
