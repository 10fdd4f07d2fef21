import { assertEquals } from "@std/assert";
import { ratesOf } from "../../../lib/ops/metrics/rates.ts";
import { CallMetrics } from "../../../lib/ops/metrics/call_metrics.ts";
import { ConnectionMetrics } from "../../../lib/ops/metrics/connection_metrics.ts";
import type { MetricsReport } from "../../../lib/ops/metrics/metrics_method.ts";
import { poolMetrics } from "../../../lib/ops/metrics/part_metrics.ts";
import { MetricsRegistry } from "../../../lib/ops/metrics/registry.ts";

const call = { method: "add", durationMs: 2, errorCode: undefined };

Deno.test("rates are what grew by the time between two looks", () => {
  const registry = new MetricsRegistry();
  const calls = new CallMetrics(registry);
  const look = (atMs: number): MetricsReport => ({ atMs, metrics: registry.collect() });
  const traffic = { receivedBytes: 100, sentBytes: 50 };
  const connections = new ConnectionMetrics(registry);
  connections.connectionOpened({ peer: { transport: "tls", address: "" } }, traffic);
  for (let n = 0; n < 5; n++) calls.callEnded(call);
  const before = look(1_000);
  Object.assign(traffic, { receivedBytes: 2_200, sentBytes: 1_100 });
  for (let n = 0; n < 18; n++) calls.callEnded(call);
  for (let n = 0; n < 2; n++) calls.callEnded({ ...call, durationMs: 80, errorCode: "internal" });
  calls.callEnded({ ...call, method: "sub" });
  const rates = ratesOf(before, look(3_000));
  assertEquals([rates.callsPerSecond, rates.errorsPerSecond], [10.5, 1]);
  assertEquals([rates.bytesInPerSecond, rates.bytesOutPerSecond], [1_050, 525]);
  const [add, sub] = rates.methods;
  assertEquals([add?.method, add?.perSecond, add?.errors], ["add", 10, { internal: 1 }]);
  assertEquals([sub?.method, sub?.perSecond, rates.methods.length], ["sub", .5, 2]);
  // 18 calls lie between 1 and 2.5 ms, 2 between 75 and 100.
  assertEquals(add?.p50Ms?.toFixed(6), (1 + 1.5 * 10 / 18).toFixed(6));
  assertEquals(add?.p99Ms?.toFixed(6), (75 + 25 * 1.8 / 2).toFixed(6));
});

Deno.test("a server that began again begins at 0, and a quiet one has no percentiles", () => {
  const look = (atMs: number, times: number): MetricsReport => {
    const registry = new MetricsRegistry();
    const calls = new CallMetrics(registry);
    for (let n = 0; n < times; n++) calls.callEnded(call);
    return { atMs, metrics: registry.collect() };
  };
  assertEquals(ratesOf(look(0, 100), look(1_000, 3)).callsPerSecond, 3);
  const quiet = ratesOf(look(0, 5), look(1_000, 5));
  assertEquals([quiet.callsPerSecond, quiet.methods, quiet.storeP99Ms], [0, [], null]);
  assertEquals(ratesOf(look(5, 1), look(5, 1)).callsPerSecond, 0); // two looks at one moment
});

Deno.test("what a server has now is told as it is", () => {
  const registry = new MetricsRegistry();
  const connections = new ConnectionMetrics(registry);
  connections.connectionOpened({ peer: { transport: "tls", address: "" } });
  poolMetrics(registry, { state: { workers: 4, running: 2, queueLength: 1 } });
  const report = { atMs: 1, metrics: registry.collect() };
  const { connections: open, pool, threads } = ratesOf(report, report);
  assertEquals([open, pool, threads], [{ tls: 1 }, { workers: 4, running: 2, waiting: 1 }, 0]);
});
