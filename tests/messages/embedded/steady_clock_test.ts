import { assertEquals } from "@std/assert";
import { SteadyClock } from "../../../lib/messages/embedded/steady_clock.ts";
import { TestClock } from "../../support/clock.ts";
import { openTestQueues } from "../../support/queues.ts";

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

Deno.test("whatever the clock is set to, a lease lasts for its length and no longer", async () => {
  await using kept = await openTestQueues();
  const queue = kept.queues.queue<number>("numbers");
  await queue.put(1);
  const steps = [HOUR_MS, -HOUR_MS, -HOUR_MS, 24 * HOUR_MS, -25 * HOUR_MS];
  for (const [place, step] of steps.entries()) {
    const message = await queue.take({ leaseMs: 1_000 });
    assertEquals([message?.value, message?.tries], [1, place + 1], `step ${place}`);
    kept.clock.advance(500);
    kept.clock.step(step);
    kept.clock.advance(499);
    assertEquals(await queue.take(), null);
    await message!.extend();
    kept.clock.step(-step);
    kept.clock.advance(999);
    assertEquals(await queue.take(), null);
    kept.clock.advance(1);
  }
  // The last of five tries has ended without an answer.
  assertEquals(await queue.take(), null);
  assertEquals((await queue.dead()).map(({ tries }) => tries), [5]);
});

Deno.test("a program that starts after the clock was set waits for no lease longer than it is", async () => {
  for (const step of [-HOUR_MS, HOUR_MS]) {
    await using kept = await openTestQueues();
    await kept.queues.queue<number>("numbers").put(1);
    await kept.queues.queue("numbers").take({ leaseMs: 1_000 });
    kept.clock.step(step);
    await using next = await openTestQueues({ beside: kept });
    const queue = next.queues.queue<number>("numbers");
    if (step < 0) assertEquals(await queue.take(), null);
    kept.clock.advance(1_000);
    assertEquals((await queue.take())?.tries, 2);
  }
});
