import { assertEquals } from "@std/assert";
import { VERSION } from "../../../lib/base/version.ts";
import { MetricsRegistry } from "../../../lib/ops/metrics/registry.ts";
import { otlpBody } from "../../../lib/ops/otlp/otlp_metrics.ts";

Deno.test("metrics are written as OTLP has them: 64 bits as text, counts since the beginning", () => {
  const registry = new MetricsRegistry();
  registry.counter({ name: "orders", help: "Orders.", labels: ["country"] }).of("KR").add(2);
  registry.gauge({ name: "baskets", help: "Baskets." }).of().set(3);
  const size = registry.histogram({ name: "size", help: "Sizes.", unit: "By", bounds: [1, 2] });
  for (const value of [1, 5]) size.of().record(value);
  const stamp = { startTimeUnixNano: "1000000", timeUnixNano: "1700000000123000000" };
  const body = otlpBody(registry.collect(), { "service.name": "shop" }, {
    startedAtMs: 1,
    atMs: 1_700_000_000_123,
  });
  const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  assertEquals(JSON.parse(body), {
    resourceMetrics: [{
      resource: { attributes: [attribute("service.name", "shop")] },
      scopeMetrics: [{
        scope: { name: "dari", version: VERSION },
        metrics: [
          {
            ...{ name: "orders", description: "Orders.", unit: "" },
            sum: {
              ...{ aggregationTemporality: 2, isMonotonic: true },
              dataPoints: [{ ...stamp, attributes: [attribute("country", "KR")], asDouble: 2 }],
            },
          },
          {
            ...{ name: "baskets", description: "Baskets.", unit: "" },
            gauge: { dataPoints: [{ ...stamp, attributes: [], asDouble: 3 }] },
          },
          {
            ...{ name: "size", description: "Sizes.", unit: "By" },
            histogram: {
              aggregationTemporality: 2,
              dataPoints: [{
                ...stamp,
                ...{ attributes: [], count: "2", sum: 6 },
                ...{ bucketCounts: ["1", "0", "1"], explicitBounds: [1, 2] },
              }],
            },
          },
        ],
      }],
    }],
  });
});
