import { assertEquals } from "@std/assert";
import { CallMetrics } from "../../lib/ops/metrics.ts";
import { MetricsSum } from "../../lib/ops/metrics_sum.ts";

function counted(method: string, times: number): CallMetrics {
  const metrics = new CallMetrics();
  for (let n = 0; n < times; n++) {
    metrics.callEnded({ method, durationMs: 1, errorCode: n % 2 === 0 ? undefined : "internal" });
  }
  return metrics;
}

function totals(sum: MetricsSum): Record<string, number> {
  return Object.fromEntries(
    sum.series().map(({ method, error, counts }) => [`${method} ${error}`, counts[0]!]),
  );
}

Deno.test("MetricsSum keeps methods and ways to fail apart, and adds up threads", () => {
  const sum = new MetricsSum(counted("add", 2));
  sum.take(1, counted("add", 1).series());
  sum.take(2, counted("sub", 2).series());
  sum.take(1, counted("add", 3).series()); // what it has counted since it began, not since then
  assertEquals(totals(sum), {
    "add undefined": 3,
    "add internal": 2,
    "sub undefined": 1,
    "sub internal": 1,
  });
});

Deno.test("MetricsSum never goes back when a thread dies and another one takes its number", () => {
  const sum = new MetricsSum(new CallMetrics());
  sum.take(1, counted("add", 5).series());
  sum.end(1);
  assertEquals(totals(sum), { "add undefined": 3, "add internal": 2 });
  sum.take(1, counted("add", 1).series());
  sum.end(1);
  sum.end(1);
  assertEquals(totals(sum), { "add undefined": 4, "add internal": 2 });
});
