import { assertEquals } from "@std/assert";
import { MetricsRegistry } from "../../../lib/ops/metrics/registry.ts";
import { MetricsSum } from "../../../lib/ops/metrics/metrics_sum.ts";

function counted(country: string, orders: number, baskets = 0): MetricsRegistry {
  const registry = new MetricsRegistry();
  registry.counter({ name: "orders", help: "", labels: ["country"] }).of(country).add(orders);
  registry.gauge({ name: "baskets", help: "" }).of().set(baskets);
  const size = registry.histogram({ name: "size", help: "", bounds: [1] }).of();
  for (let n = 0; n < orders; n++) size.record(n);
  return registry;
}

function totals(sum: MetricsSum): unknown {
  return Object.fromEntries(
    sum.collect().map(({ name, series }) => [
      name,
      series.map(({ labels, value, counts, sum }) =>
        counts === undefined ? `${labels.country ?? ""}${value}` : [value, counts, sum]
      ),
    ]),
  );
}

Deno.test("MetricsSum adds up threads and keeps labels apart", () => {
  const sum = new MetricsSum(counted("KR", 2, 1));
  sum.take(1, counted("KR", 1, 2).collect());
  sum.take(2, counted("FR", 2, 3).collect());
  sum.take(1, counted("KR", 3, 4).collect()); // what it has counted since it began
  assertEquals(totals(sum), {
    orders: ["KR5", "FR2"],
    baskets: ["8"],
    size: [[7, [6, 1], 5]],
  });
});

Deno.test("MetricsSum keeps the counts of a thread that dies, and drops its gauges", () => {
  const sum = new MetricsSum(new MetricsRegistry());
  sum.take(1, counted("KR", 5, 2).collect());
  sum.end(1);
  sum.end(1);
  assertEquals(totals(sum), { orders: ["KR5"], size: [[5, [2, 3], 10]] });
  sum.take(1, counted("KR", 1, 1).collect());
  assertEquals(totals(sum), { orders: ["KR6"], size: [[6, [3, 3], 10]], baskets: ["1"] });
});
