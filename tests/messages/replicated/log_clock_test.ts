import { assertEquals } from "@std/assert";
import { LogClock } from "../../../lib/messages/replicated/log_clock.ts";
import { noLogTime } from "../../../lib/messages/replicated/log_time.ts";
import { TestClock } from "../../support/clock.ts";

const START = new TestClock().now();

function timeAt(now: number, today = now) {
  return { now: START + now, today: START + today, atMs: START + now, leadMs: 0 };
}

Deno.test("before anything was written the wall clock counts: the log may have stood still", () => {
  const clock = new TestClock();
  assertEquals(new LogClock(clock, noLogTime).time(), { now: START, today: START });
  assertEquals(new LogClock(clock, timeAt(-60_000)).now(), START);
  assertEquals(new LogClock(clock, timeAt(60_000)).now(), START + 60_000);
});

Deno.test("after that it goes on from the time of the log, whatever the wall clock does", () => {
  const clock = new TestClock();
  const logClock = new LogClock(clock, noLogTime);
  logClock.follow({ now: START - 500 }, timeAt(-500, -700), true);
  clock.step(3_600_000);
  clock.advance(2_000);
  assertEquals([logClock.now(), logClock.today()], [START + 1_500, START + 1_300]);
  // What it writes into a batch has the wall clock beside it: the log finds out who is right.
  assertEquals(logClock.time(), { now: START + 1_500, today: START + 3_602_000 });
});

Deno.test("the way of a batch through the log costs no time, however many go it", () => {
  const clock = new TestClock();
  const logClock = new LogClock(clock, timeAt(0));
  for (let count = 1; count <= 100; count++) {
    const { now } = logClock.time();
    clock.advance(20);
    logClock.follow({ now }, timeAt(now - START), true);
  }
  assertEquals(logClock.now(), START + 100 * 20);
});

Deno.test("it follows the server that is furthest, and goes back where the log does not believe it", () => {
  const clock = new TestClock();
  const logClock = new LogClock(clock, timeAt(0));
  logClock.follow({ now: START + 90 }, timeAt(90), false);
  logClock.follow({ now: START + 10 }, timeAt(90), false);
  assertEquals(logClock.now(), START + 90);
  logClock.follow({ now: START + 90_000 }, timeAt(5_000), false); // another one was refused
  assertEquals(logClock.now(), START + 5_000);
  clock.advance(60_000);
  logClock.follow({ now: START + 65_000 }, timeAt(10_000), true);
  assertEquals(logClock.now(), START + 10_000);
});
