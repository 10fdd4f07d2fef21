import { assertEquals } from "@std/assert";
import { describeLatency, figureOf } from "../../../../scripts/bench/steady/latency.ts";

const round = (p50Ms: number, p99Ms: number, calls = 20_000) => ({
  calls,
  seconds: 1,
  p50Ms,
  p99Ms,
});

Deno.test("figureOf() compares the rounds of dari with those of the raw loop in their order", () => {
  const raw = [round(1, 2), round(1, 10), round(1, 4)];
  const ours = [round(2, 3), round(4, 11), round(3, 8, 10_000)];
  assertEquals(figureOf(20_000, raw, ours), {
    rate: 20_000,
    rawP99Ms: 4,
    p50Ms: 3,
    p99Ms: 8,
    ratio: 1.5,
    answered: 1,
  });
  assertEquals(describeLatency([figureOf(20_000, raw, ours)])[1]?.split(/\s{2,}/), [
    "20000",
    "4.00 ms",
    "8.00 ms",
    "1.50",
    "3.00 ms",
    "1.00",
  ]);
});
