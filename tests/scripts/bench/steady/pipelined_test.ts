import { assertEquals } from "@std/assert";
import { growthOf } from "../../../../scripts/bench/steady/pipelined.ts";

Deno.test("growthOf() compares the second tenth of the samples with the last one", () => {
  const samples = Array.from({ length: 50 }, (_, n) => n);
  assertEquals(growthOf(samples), { earlyBytes: 9, lateBytes: 49 });
  assertEquals(growthOf([...samples].reverse()), { earlyBytes: 44, lateBytes: 4 });
});
