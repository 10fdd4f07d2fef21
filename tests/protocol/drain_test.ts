import { assertEquals } from "@std/assert";
import { limits } from "../../lib/base/limits.ts";
import { drainParams, readDrain } from "../../lib/protocol/drain.ts";

Deno.test("a grace that is no number of at least 0 counts as the default, a long one is cut", () => {
  const wrong = [
    undefined,
    null,
    [],
    "now",
    {},
    { graceMs: -1 },
    { graceMs: NaN },
    { graceMs: "5" },
    { graceMs: null },
  ];
  for (const params of wrong) assertEquals(readDrain(params), limits.drainTimeoutMs);
  for (const graceMs of [0, 1.5, limits.maxCallTimeoutMs]) {
    assertEquals(readDrain({ graceMs }), graceMs);
  }
  assertEquals(readDrain({ graceMs: 1e308 }), limits.maxCallTimeoutMs);
});

Deno.test("a grace without end is written as the longest that a call may take", () => {
  assertEquals(drainParams(Infinity), { graceMs: limits.maxCallTimeoutMs });
  assertEquals(drainParams(1_000.4), { graceMs: 1_000 });
});
