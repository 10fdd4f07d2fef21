import { assert, assertEquals, assertLess } from "@std/assert";
import { systemClock } from "../../lib/base/clock.ts";
import { limits } from "../../lib/base/limits.ts";

Deno.test("limits are positive numbers", () => {
  for (const [name, value] of Object.entries(limits)) {
    if (typeof value !== "number") continue;
    assert(Number.isFinite(value) && value > 0, `${name}: ${value}`);
  }
});

Deno.test("limits before a sign-in are tighter than after it", () => {
  assertLess<number>(limits.maxLineBytesBeforeSignIn, limits.maxLineBytes);
});

Deno.test("limits keep defaults within what may be asked for", () => {
  assertLess<number>(limits.callTimeoutMs, limits.maxCallTimeoutMs);
  assertLess<number>(limits.acceptRetryMs, limits.maxAcceptRetryMs);
});

Deno.test("limits are those that the wire's description promises", () => {
  const { maxLineBytesBeforeSignIn, maxLineBytes, maxDepth, maxCallsInFlight } = limits;
  assertEquals(
    { maxLineBytesBeforeSignIn, maxLineBytes, maxDepth, maxCallsInFlight },
    {
      maxLineBytesBeforeSignIn: 65_536,
      maxLineBytes: 16_777_216,
      maxDepth: 64,
      maxCallsInFlight: 1_024,
    },
  );
});

Deno.test("systemClock tells the time of day, and a time that never steps back", () => {
  const before = Date.now();
  const now = systemClock.now();
  assert(before <= now && now <= Date.now());
  let last = systemClock.monotonic();
  for (let i = 0; i < 1_000; i++) {
    const next = systemClock.monotonic();
    assert(next >= last);
    last = next;
  }
});
