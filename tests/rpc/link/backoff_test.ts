import { assertEquals, assertThrows } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { Backoff } from "../../../lib/rpc/link/backoff.ts";

Deno.test("Backoff doubles its pauses up to a bound, and begins anew after a success", () => {
  const backoff = new Backoff({ pauseMs: 10, maxPauseMs: 35 }, () => 0.5);
  assertEquals([1, 2, 3, 4].map(() => backoff.next()), [5, 10, 17.5, 17.5]);
  backoff.reset();
  assertEquals(backoff.next(), 5);
});

Deno.test("Backoff stays below its bound however often attempts fail", () => {
  const backoff = new Backoff({}, () => 1);
  let last = 0;
  for (let n = 0; n < 10_000; n++) last = backoff.next();
  assertEquals([new Backoff({}, () => 1).next(), last], [
    limits.reconnectPauseMs,
    limits.maxReconnectPauseMs,
  ]);
});

Deno.test("Backoff refuses pauses that are no time", () => {
  for (const pauseMs of [0, -1, NaN]) {
    assertThrows(() => new Backoff({ pauseMs }), RangeError, "both must be above 0");
    assertThrows(() => new Backoff({ maxPauseMs: pauseMs }), RangeError);
  }
});
