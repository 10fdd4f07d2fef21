import { assertEquals } from "@std/assert";
import {
  clientMetrics,
  poolMetrics,
  serverMetrics,
} from "../../../lib/ops/metrics/part_metrics.ts";
import { MetricsRegistry } from "../../../lib/ops/metrics/registry.ts";

function values(registry: MetricsRegistry): Record<string, number | undefined> {
  return Object.fromEntries(registry.collect().map(({ name, series }) => [name, series[0]?.value]));
}

Deno.test("a server and a pool are read when somebody asks, until they are left", () => {
  const registry = new MetricsRegistry();
  const openConnections = [{ peer: { sharesMemory: true } }, { peer: {} }];
  const server = { running: 1, waiting: 0, openConnections };
  const pool = { state: { workers: 2, running: 1, queueLength: 7 } };
  {
    using _ = serverMetrics(registry, server);
    using __ = poolMetrics(registry, pool);
    server.running = 3;
    assertEquals(values(registry), {
      "dari.server.calls.active": 3,
      "dari.server.calls.waiting": 0,
      "dari.server.connections.shared_memory": 1,
      "dari.pool.workers": 2,
      "dari.pool.running": 1,
      "dari.pool.queue.length": 7,
    });
  }
  assertEquals(values(registry), {});
});

Deno.test("clients of one program are told apart by the name that it gives them", () => {
  const registry = new MetricsRegistry();
  const client = (attempts: number) => ({
    stats: () => ({ attempts, retries: 1, throttled: 0, retryTokens: 9, resumed: 0 }),
  });
  using _ = clientMetrics(registry, "orders", client(5));
  using __ = clientMetrics(registry, "mail", client(6));
  const attempts = registry.collect().find(({ name }) => name === "dari.client.attempts");
  assertEquals(attempts?.series, [
    { labels: { client: "orders" }, value: 5 },
    { labels: { client: "mail" }, value: 6 },
  ]);
  assertEquals(values(registry)["dari.client.retry_tokens"], 9);
});
