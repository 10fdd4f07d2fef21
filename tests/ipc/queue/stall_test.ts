import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { StallDetector } from "../../../lib/ipc/queue/stall.ts";
import { TestClock } from "../../support/clock.ts";

const { stallSliceMs, stallSlices } = limits;

function start(timeoutMs?: number): { stall: StallDetector; clock: TestClock } {
  const clock = new TestClock();
  return { stall: new StallDetector(timeoutMs, "A value", () => clock.monotonic()), clock };
}

Deno.test("nextWaitMs() is all the time left for room, and a slice of it for a busy lock", () => {
  const { stall, clock } = start(1_000);
  assertEquals(stall.nextWaitMs({ full: 0 }), 1_000);
  assertEquals(stall.nextWaitMs({ busy: 1 }), stallSliceMs);
  clock.advance(990);
  assertEquals(stall.nextWaitMs({ full: 0 }), 10);
  assertEquals(stall.nextWaitMs({ busy: 1 }), 10);
});

Deno.test("nextWaitMs() throws once the time is over, and never without a timeout", () => {
  const { stall, clock } = start(100);
  clock.advance(100);
  const error = assertThrows(() => stall.nextWaitMs({ full: 0 }), DariError, "A value");
  assertEquals(error.code, "deadline_exceeded");
  const forEver = start();
  forEver.clock.advance(1e12);
  assertEquals(forEver.stall.nextWaitMs({ full: 0 }), Infinity);
});

Deno.test("a producer counts as dead after so many waits at the same ticket, and not one before", () => {
  const { stall } = start();
  for (let wait = 1; wait < stallSlices; wait++) assertEquals(stall.isStalled({ busy: 7 }), false);
  assertEquals(stall.isStalled({ busy: 7 }), true);
});

Deno.test("each new ticket starts the count again", () => {
  const { stall } = start();
  for (let round = 0; round < 3; round++) {
    for (let wait = 1; wait < stallSlices; wait++) {
      assertEquals(stall.isStalled({ busy: 2 * round + 1 }), false);
    }
  }
});

Deno.test("a ticket that was seen before it became odd is the same ticket", () => {
  const { stall } = start();
  stall.isStalled({ busy: 6 });
  for (let wait = 2; wait < stallSlices; wait++) stall.isStalled({ busy: 7 });
  assertEquals(stall.isStalled({ busy: 7 }), true);
});

Deno.test("a full queue never makes a producer count as dead", () => {
  const { stall } = start();
  for (let wait = 0; wait < 2 * stallSlices; wait++) {
    assertEquals(stall.isStalled({ full: 3 }), false);
  }
});
