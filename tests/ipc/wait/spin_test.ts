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
  const spins = waitsThatSpin(spin, 5 * limits.spinSkips, false);
  const skips = spins.slice(1).map((wait, index) => wait - spins[index]! - 1);
  const most = limits.spinSkips;
  assertEquals(skips, [1, 3, 7, 15, 31, 63, 127, 255, 511, most, most, most]);
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

Deno.test("spin() tells at once what it finds before the first turn", () => {
  const spin = new AdaptiveSpin({ canSpin: true, now: () => 0 });
  let looks = 0;
  assertEquals(spin.spin(() => ++looks === 3), true);
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
