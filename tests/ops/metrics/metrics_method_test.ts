import { assertEquals, assertRejects } from "@std/assert";
import { RpcError } from "../../../lib/base/errors.ts";
import { metricsMethods } from "../../../lib/ops/metrics/metrics_method.ts";
import { MetricsRegistry } from "../../../lib/ops/metrics/registry.ts";
import type { Methods } from "../../../lib/rpc/method/method.ts";
import { startPair } from "../../support/rpc_pair.ts";

Deno.test("rpc.metrics answers with families, or with the text of Prometheus", async () => {
  const registry = new MetricsRegistry();
  registry.counter({ name: "orders", help: "Orders." }).of().add(3);
  await using pair = await startPair({} as Methods, {
    operations: metricsMethods(registry, () => 7),
  });
  const call = (params?: unknown) => pair.client.call("rpc.metrics", params);
  const orders = { name: "orders", help: "Orders.", unit: "", type: "counter" };
  const report = { atMs: 7, metrics: [{ ...orders, series: [{ labels: {}, value: 3 }] }] };
  assertEquals(await call(), report);
  assertEquals(await call({ format: "json" }), report);
  const text = "# HELP orders_total Orders.\n# TYPE orders_total counter\norders_total 3\n";
  assertEquals(await call({ format: "prometheus" }), text);
  assertEquals(await call(["prometheus"]), text);
  await assertRejects(() => call({ format: "xml" }), RpcError, "json or prometheus");
});
