import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { backoffOf, checkSettings, defaultSettings } from "../../../lib/messages/queue/settings.ts";

Deno.test("checkSettings() takes every setting at its bound and refuses one beyond", () => {
  const bounds = {
    leaseMs: limits.maxLeaseMs,
    maxTries: limits.maxQueueSetting,
    backoffMs: limits.maxLeaseMs,
    maxBackoffMs: limits.maxLeaseMs,
    concurrency: limits.maxQueueSetting,
    keyConcurrency: limits.maxQueueSetting,
    maxAgeMs: limits.maxMessageAgeMs,
    deadAgeMs: limits.maxMessageAgeMs,
    idMs: limits.maxMessageAgeMs,
  };
  assertEquals(checkSettings(bounds), bounds);
  for (const [name, most] of Object.entries(bounds)) {
    for (const wrong of [most + 1, -1, NaN, 1e308, 0.5, "1", true]) {
      assertThrows(() => checkSettings({ [name]: wrong }), DariError, `"${name}" must be`);
    }
  }
});

Deno.test("checkSettings() refuses settings that nobody knows, and rates that are none", () => {
  for (
    const wrong of [
      null,
      7,
      [],
      { tries: 3 },
      { __proto__: null, toString: 1 },
      { rate: 10 },
      { rate: { count: 1 } },
      { rate: { count: 0, perMs: 1_000 } },
      { keyRate: { count: 1, perMs: 0 } },
      { rate: { count: 1, perMs: 1, more: 1 } },
      { maxTries: null },
    ]
  ) assertThrows(() => checkSettings(wrong), DariError);
  const rate = { count: 10, perMs: 1_000 };
  assertEquals(checkSettings({ rate, keyRate: null }), { rate, keyRate: null });
});

Deno.test("backoffOf() doubles up to its bound, and leaves half of it to chance", () => {
  const settings = { ...defaultSettings, backoffMs: 1_000, maxBackoffMs: 5_000 };
  const pauses = (random: number) =>
    [1, 2, 3, 4, 1_000_000].map((n) => backoffOf(settings, n, random));
  assertEquals(pauses(1), [1_000, 2_000, 4_000, 5_000, 5_000]);
  assertEquals(pauses(0), [500, 1_000, 2_000, 2_500, 2_500]);
});

Deno.test("the pause of a queue that nobody has set grows from queueBackoffMs to maxQueueBackoffMs", () => {
  assertEquals(backoffOf(defaultSettings, 1, 1), limits.queueBackoffMs);
  assertEquals(backoffOf(defaultSettings, 100, 1), limits.maxQueueBackoffMs);
});
