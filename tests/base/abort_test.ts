import { assert, assertEquals, assertRejects } from "@std/assert";
import { abortable, after, deadline, delay, settlesWithin } from "../../lib/base/abort.ts";
import { sharedAfter } from "../../lib/base/shared_after.ts";
import { FakeTimers } from "../support/fake_timers.ts";
import { countingSignal } from "../support/counting_signal.ts";

const never = (): Promise<never> => new Promise(() => {});
const stopped = new Error("stopped");

for (
  const [name, wait] of Object.entries({
    delay: (signal: AbortSignal) => delay(Infinity, { signal }),
    abortable: (signal: AbortSignal) => abortable(never(), signal),
    deadline: (signal: AbortSignal) => deadline(never(), Infinity, { signal }),
    settlesWithin: (signal: AbortSignal) => settlesWithin(never(), Infinity, { signal }),
  })
) {
  Deno.test(`${name}() refuses a signal that has aborted already, and listens to nothing`, async () => {
    const counted = countingSignal();
    counted.abort(stopped);
    assertEquals(await wait(counted.signal).catch((error) => error), stopped);
    assertEquals(counted.count, 0);
  });

  Deno.test(`${name}() ends with the signal's reason`, async () => {
    const controller = new AbortController();
    const waiting = wait(controller.signal);
    controller.abort(stopped);
    assertEquals(await waiting.catch((error) => error), stopped);
  });
}

for (
  const [name, wait] of Object.entries({
    delay: (signal: AbortSignal) => delay(0, { signal }),
    abortable: (signal: AbortSignal) => abortable(Promise.resolve(), signal),
    deadline: (signal: AbortSignal) => deadline(Promise.resolve(), 1_000, { signal }),
    settlesWithin: (signal: AbortSignal) => settlesWithin(Promise.resolve(), 1_000, { signal }),
  })
) {
  Deno.test(`${name}() leaves no listener on a signal that outlives it`, async () => {
    const counted = countingSignal();
    await wait(counted.signal);
    assertEquals(counted.count, 0);
  });
}

Deno.test("deadline() rejects with a TimeoutError when the time is over", async () => {
  const error = await assertRejects(() => deadline(never(), 1), DOMException);
  assertEquals(error.name, "TimeoutError");
});

Deno.test("settlesWithin() says whether a promise settled in time", async () => {
  assert(await settlesWithin(Promise.reject(stopped), 1_000));
  assertEquals(await settlesWithin(never(), 1), false);
});

Deno.test("a wait that is over leaves no timer, and one without end starts none", async () => {
  using timers = new FakeTimers();
  await deadline(Promise.resolve(), 1_000);
  await assertRejects(() => deadline(Promise.reject(stopped), 1_000), Error, "stopped");
  await settlesWithin(Promise.reject(stopped), 1_000);
  after(Infinity, () => {});
  after(1_000, () => {})();
  assertEquals(timers.count, 0);
});

Deno.test("a time that is longer than the runtime's timers allow does not end at once", async () => {
  let fired = 0;
  const forgets = [2 ** 31, Number.MAX_SAFE_INTEGER, Infinity].map((ms) =>
    after(ms, () => fired++)
  );
  await delay(5);
  for (const forget of forgets) forget();
  assertEquals(fired, 0);
});

Deno.test("a time that is over already is none to the runtime, which warns of less", () => {
  const times: (number | undefined)[] = [];
  const { setTimeout } = globalThis;
  globalThis.setTimeout = ((_callback: () => void, ms?: number) => times.push(ms)) as never;
  try {
    after(-16.4, () => {});
    sharedAfter(-16.4, () => {});
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  assertEquals(times, [0, 0]);
});
