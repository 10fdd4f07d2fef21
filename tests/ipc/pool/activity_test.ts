import { assertEquals } from "@std/assert";
import { delay } from "../../../lib/base/abort.ts";
import { limits } from "../../../lib/base/limits.ts";
import { Activity } from "../../../lib/ipc/pool/activity.ts";
import { FakeTimers } from "../../support/fake_timers.ts";

function start() {
  const changes: boolean[] = [];
  return { activity: new Activity((isActive) => changes.push(isActive)), changes };
}

Deno.test("the first call is told, and the others are not", () => {
  using _timers = new FakeTimers();
  const { activity, changes } = start();
  for (let calls = 0; calls < 3; calls++) activity.begin();
  activity.end();
  activity.begin();
  assertEquals(changes, [true]);
});

Deno.test("the end is told once there has been no call for a while", async () => {
  const { activity, changes } = start();
  for (let calls = 0; calls < 2; calls++) activity.begin();
  for (let calls = 0; calls < 2; calls++) activity.end();
  assertEquals(changes, [true]);
  while (changes.length === 1) await delay(limits.poolIdleMs);
  assertEquals(changes, [true, false]);
  activity.begin();
  assertEquals(changes, [true, false, true]);
  activity.stop();
});

Deno.test("a call that begins in the meantime puts the end off, with one timer for all", () => {
  using timers = new FakeTimers();
  const { activity, changes } = start();
  for (let calls = 0; calls < 10; calls++) {
    activity.begin();
    activity.end();
    assertEquals(timers.count, 1);
  }
  activity.begin();
  timers.advance(limits.poolIdleMs);
  assertEquals([changes, timers.count], [[true], 0]);
  activity.end();
  assertEquals(timers.count, 1);
  activity.begin();
  activity.end();
  // The clock of the calls stands still here: their end is put off again.
  timers.advance(limits.poolIdleMs);
  assertEquals([changes, timers.count], [[true], 1]);
  activity.stop();
  assertEquals(timers.count, 0);
  activity.end();
  assertEquals(timers.count, 0);
});
