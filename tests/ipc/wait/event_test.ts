import { assertEquals, assertRejects } from "@std/assert";
import { turn } from "../../../lib/base/turn.ts";
import { SharedEvent, timedOut } from "../../../lib/ipc/wait/event.ts";
import { countingSignal } from "../../support/counting_signal.ts";
import { interleave } from "../../support/interleave.ts";

/** More than the atomic operations of any wait. */
const MAX_OPERATIONS = 12;
/** With it a wait does not spin, and does not look again within a test. */
const POLL_NEVER_MS = 2 ** 30;
const operations = ["load", "store", "waitAsync"] as const;

function twoSides(): { waiter: SharedEvent; raiser: SharedEvent; words: Int32Array } {
  const words = new Int32Array(new SharedArrayBuffer(16));
  return { waiter: new SharedEvent(words, 1), raiser: new SharedEvent(words, 1), words };
}

Deno.test("wait() loses no wake-up, at whatever moment the event is raised", async () => {
  for (let at = 0; at < MAX_OPERATIONS; at++) {
    const { waiter, raiser } = twoSides();
    let happened = false;
    const raise = () => {
      happened = true;
      raiser.raise();
    };
    const signal = AbortSignal.timeout(2_000);
    const options = { pollMs: POLL_NEVER_MS, signal };
    const waiting = interleave(() => waiter.wait(() => happened, options), at, raise, operations);
    if (!happened) raise();
    assertEquals(await waiting, true);
  }
});

Deno.test("wait() loses no wake-up after one that was meant for another, whenever that came", async () => {
  for (let at = 0; at < MAX_OPERATIONS; at++) {
    const { waiter, raiser } = twoSides();
    let happened = false;
    const options = { pollMs: POLL_NEVER_MS, signal: AbortSignal.timeout(2_000) };
    const early = () => raiser.raise(); // the condition is not true yet
    const waiting = interleave(() => waiter.wait(() => happened, options), at, early, operations);
    await turn();
    happened = true;
    raiser.raise();
    assertEquals(await waiting, true);
  }
});

Deno.test("waitSync() loses no wake-up between its last look and its sleep", () => {
  const { waiter, raiser } = twoSides();
  const { wait } = Atomics;
  let happened = false;
  let slept: string | undefined;
  Atomics.wait = ((words: Int32Array, index: number, seen: number) => {
    happened = true;
    raiser.raise();
    return slept = wait(words, index, seen, 2_000);
  }) as typeof wait;
  try {
    assertEquals(waiter.waitSync(() => happened, 2_000, POLL_NEVER_MS), true);
  } finally {
    Atomics.wait = wait;
  }
  assertEquals(slept, "not-equal"); // it did not sleep at all
});

Deno.test("raise() wakes every waiter, and goes on when a condition is not true yet", async () => {
  const { waiter, raiser } = twoSides();
  let value = 0;
  const options = { pollMs: POLL_NEVER_MS, signal: AbortSignal.timeout(2_000) };
  const waits = [1, 1, 2].map((least) => waiter.wait(() => value >= least, options));
  value = 1;
  raiser.raise();
  assertEquals(await Promise.all(waits.slice(0, 2)), [true, true]);
  await turn(); // the third waits again
  value = 2;
  raiser.raise();
  assertEquals(await waits[2], true);
});

Deno.test("raise() changes nothing in memory while nobody waits, and wakes a wait only once", () => {
  const { waiter, raiser, words } = twoSides();
  raiser.raise();
  assertEquals([...words], [0, 0, 0, 0]);
  waiter.waitSync(() => false, 0); // as a waiter that died: it has announced itself
  assertEquals(raiser.awaited, true);
  raiser.raise();
  raiser.raise();
  assertEquals([...words], [0, 1, 0, 0]);
});

Deno.test("wait() that was woken and finds its condition true announces no other sleep", async () => {
  const { waiter, raiser } = twoSides();
  let happened = false;
  const waiting = waiter.wait(() => happened, { pollMs: POLL_NEVER_MS });
  happened = true;
  raiser.raise();
  assertEquals(await waiting, true);
  assertEquals(raiser.awaited, false);
});

Deno.test("wait() and waitSync() return false when the time is over, and look once before", async () => {
  const { waiter } = twoSides();
  for (const timeoutMs of [0, 1]) {
    assertEquals(await waiter.wait(() => false, { timeoutMs }), false);
    assertEquals(waiter.waitSync(() => false, timeoutMs), false);
  }
  assertEquals(await waiter.wait(() => true, { timeoutMs: 0 }), true);
  assertEquals(waiter.waitSync(() => true, 0), true);
});

Deno.test("wait() with `pollMs` sees a change that nobody raises", async () => {
  const { waiter } = twoSides();
  let looks = 0;
  assertEquals(await waiter.wait(() => ++looks === 3, { pollMs: 1 }), true);
  looks = 0;
  assertEquals(waiter.waitSync(() => ++looks === 3, Infinity, 1), true);
});

Deno.test("wait() does not end at once with a time beyond the runtime's longest timer", async () => {
  for (const timeoutMs of [2 ** 31, 2 ** 40, Infinity]) {
    const { waiter, raiser } = twoSides();
    let happened = false;
    let settled = false;
    const waiting = waiter.wait(() => happened, { timeoutMs, pollMs: POLL_NEVER_MS });
    waiting.finally(() => settled = true);
    for (let turns = 0; turns < 20; turns++) await turn();
    assertEquals(settled, false);
    happened = true;
    raiser.raise();
    assertEquals(await waiting, true);
  }
});

Deno.test("wait() refuses an aborted signal before it looks", async () => {
  const { waiter } = twoSides();
  let looks = 0;
  const signal = AbortSignal.abort(new Error("enough"));
  await assertRejects(() => waiter.wait(() => ++looks > 0, { signal }), Error, "enough");
  assertEquals(looks, 0);
});

Deno.test("wait() ends with the signal's reason, and leaves no listener on the signal", async () => {
  const { waiter, raiser } = twoSides();
  const counted = countingSignal();
  const { signal } = counted;
  let happened = false;
  const waiting = waiter.wait(() => happened, { signal, pollMs: POLL_NEVER_MS });
  happened = true;
  raiser.raise();
  await waiting;
  await waiter.wait(() => false, { signal, timeoutMs: 2 });
  assertEquals(counted.count, 0);
  const aborted = waiter.wait(() => false, { signal });
  counted.abort(new Error("enough"));
  await assertRejects(() => aborted, Error, "enough");
});

Deno.test("a wait that was aborted does not swallow the wake-up of another", async () => {
  const { waiter, raiser } = twoSides();
  const controller = new AbortController();
  let happened = false;
  const options = { pollMs: POLL_NEVER_MS };
  const first = waiter.wait(() => happened, { ...options, signal: controller.signal });
  const second = waiter.wait(() => happened, { ...options, signal: AbortSignal.timeout(2_000) });
  controller.abort(new Error("enough"));
  await assertRejects(() => first, Error, "enough");
  happened = true;
  raiser.raise();
  assertEquals(await second, true);
});

Deno.test("timedOut() names what did not happen, and the time", () => {
  const error = timedOut("A message", 250);
  assertEquals(error.code, "deadline_exceeded");
  assertEquals(error.message, "A message did not happen within 250 ms");
});
