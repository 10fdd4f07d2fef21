import { assertEquals } from "@std/assert";
import { type MetricFamily, published } from "../../../lib/ops/metrics/family.ts";

Deno.test("buckets between published bounds become one", () => {
  const family: MetricFamily = {
    name: "size",
    help: "",
    unit: "",
    type: "histogram",
    bounds: [1, 2, 3, 4],
    published: [2, 3],
    series: [{ labels: {}, value: 15, counts: [1, 2, 3, 4, 5], sum: 40 }],
  };
  const { bounds, series } = published(family);
  assertEquals([bounds, series[0]?.counts, series[0]?.sum], [[2, 3], [3, 3, 9], 40]);
  const { published: _, ...whole } = family;
  assertEquals(published(whole), whole);
});
