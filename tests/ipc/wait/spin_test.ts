import { assert, assertEquals } from "@std/assert";
import { setImmediate } from "node:timers";
import { limits } from "../../../lib/base/limits.ts";
import { AdaptiveSpin } from "../../../lib/ipc/wait/spin.ts";

/** The waits, counted from 0, that looked at their condition. */
function waitsThatSpin(spin: AdaptiveSpin, waits: number, found: boolean): number[] {
  return Array.from({ length: waits }, (_, wait) => wait).filter(() => {
    let looked = false;
    spin.spinSync(() => {
      looked = true;
      return found;
    });
    return looked;
  });
}

Deno.test("after spins in vain fewer and fewer waits spin, up to a bound", () => {
  const spin = new AdaptiveSpin({ canSpin: true });
  const spins = waitsThatSpin(spin, 130, false);
  const skips = spins.slice(1).map((wait, index) => wait - spins[index]! - 1);
  assertEquals(skips, [1, 3, 7, 15, 31, 31, 31]);
  assertEquals(Math.max(...skips), limits.spinSkips);
});

Deno.test("a spin that pays halves the skips, until every wait spins again", () => {
  const spin = new AdaptiveSpin({ canSpin: true });
  waitsThatSpin(spin, 1 + 1 + 1 + 3 + 1, false); // 7 waits will be skipped
  const spins = waitsThatSpin(spin, 17, true);
  assertEquals(spins, [7, 11, 13, 14, 15, 16]);
});

Deno.test("nothing spins where another core cannot make the condition true", async () => {
  const spin = new AdaptiveSpin({ canSpin: false });
  assertEquals(waitsThatSpin(spin, 5, true), []);
  assertEquals(await spin.spin(() => true), false);
});

Deno.test("spin() gives the event loop a turn before it gives up", async () => {
  let happened = false;
  setImmediate(() => happened = true);
  assertEquals(await new AdaptiveSpin({ canSpin: true }).spin(() => happened), true);
});

Deno.test("spinSync() keeps the thread, and tells whether the condition became true", () => {
  let looks = 0;
  const still = new AdaptiveSpin({ canSpin: true, now: () => 0 });
  assertEquals(still.spinSync(() => ++looks === 3), true);
  let nowMs = 0;
  const now = () => nowMs += limits.spinMs / 4;
  assertEquals(new AdaptiveSpin({ canSpin: true, now }).spinSync(() => false), false);
  assert(nowMs >= limits.spinMs, "it gave up before its time");
});

/** A clock that goes on a little with each look at it. */
class LookedAtClock {
  #ms = 0;
  readonly now = () => this.#ms += limits.spinRelinquishedMs / 10;

  /** Lets time pass, as it does while another process has the core. */
  pass(ms: number): void {
    this.#ms += ms;
  }
}

/** How many waits do not spin until one does. */
async function restOf(spin: AdaptiveSpin): Promise<number> {
  for (let skips = 0;; skips++) {
    const spun = spin.spin(() => true);
    if (spun === false) continue;
    await spun;
    return skips;
  }
}

Deno.test("a side that shares its core with the other one leaves it, and rests after some tries", async () => {
  const clock = new LookedAtClock();
  let isDone = false;
  let leaves = 0;
  const spin = new AdaptiveSpin({
    canSpin: true,
    now: clock.now,
    relinquish() {
      clock.pass(2 * limits.spinRelinquishedMs);
      isDone = true;
    },
    leave: () => leaves++,
  });
  for (let tries = 0; tries < limits.spinCrowdedTries; tries++) {
    isDone = false;
    assertEquals(await spin.spin(() => isDone), true);
  }
  assertEquals(leaves, 1);
  assertEquals(await restOf(spin), limits.spinRestSkips);
  assertEquals(await restOf(spin), limits.spinRestSkips >> 3, "one that pays shortens it");
});

Deno.test("a side whose core is taken rests longer each time, and shorter once spins have paid", async () => {
  const clock = new LookedAtClock();
  let isTaken = true;
  const spin = new AdaptiveSpin({
    canSpin: true,
    now: clock.now,
    relinquish: () => isTaken && clock.pass(2 * limits.spinRobbedMs),
  });
  const robbed = async () => {
    isTaken = true;
    while (await spin.spin(() => false) !== false);
  };
  await robbed();
  assertEquals(await restOf(spin), limits.spinRestSkips);
  while (await restOf(spin) > 0);
  await robbed();
  let rest = await restOf(spin);
  assertEquals(rest, 2 * limits.spinRestSkips + 1);
  for (let times = 0; times < 8; times++) {
    while (await restOf(spin) > 0);
    await robbed();
    rest = await restOf(spin);
  }
  assertEquals(rest, limits.maxSpinRestSkips);
  while (await restOf(spin) > 0);
  for (let paid = 0; paid < limits.spinsForShortRest; paid++) await restOf(spin);
  await robbed();
  assertEquals(await restOf(spin), limits.spinRestSkips);
});

Deno.test("spin() lets this side settle before it holds the thread", async () => {
  let isSettled = false;
  const settle = () => {
    isSettled = true;
    return Promise.resolve();
  };
  assertEquals(await new AdaptiveSpin({ canSpin: true, settle }).spin(() => isSettled), true);
});
