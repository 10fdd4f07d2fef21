import { assertEquals } from "@std/assert";
import type { ErrorCode } from "../../../lib/base/errors.ts";
import {
  CallMetrics,
  DURATION_BUCKETS,
  FINE_DURATION_BUCKETS,
} from "../../../lib/ops/metrics/call_metrics.ts";
import { published } from "../../../lib/ops/metrics/family.ts";
import { MetricsRegistry } from "../../../lib/ops/metrics/registry.ts";
import { startPair } from "../../support/rpc_pair.ts";

const call = (method: string, durationMs: number, errorCode?: ErrorCode) => ({
  method,
  durationMs,
  errorCode,
});

function counting() {
  const registry = new MetricsRegistry();
  const metrics = new CallMetrics(registry);
  const family = (name: string) => registry.collect().find((one) => one.name === name)!;
  return { metrics, durations: () => family("rpc.server.call.duration") };
}

Deno.test("calls fall into the buckets of their durations, bounds included", () => {
  const { metrics, durations } = counting();
  for (const bound of FINE_DURATION_BUCKETS) metrics.callEnded(call("add", bound * 1_000));
  metrics.callEnded(call("add", 10_001));
  const [series] = durations().series;
  assertEquals(series?.counts, Array(FINE_DURATION_BUCKETS.length + 1).fill(1));
});

Deno.test("the buckets that are published are those of the RPC conventions", () => {
  const { metrics, durations } = counting();
  for (const ms of [.01, .2, 4, 6, 20_000]) metrics.callEnded(call("add", ms));
  const { bounds, series } = published(durations());
  assertEquals(bounds, DURATION_BUCKETS);
  assertEquals(series[0]?.counts?.filter((count) => count > 0), [3, 1, 1]);
});

Deno.test("methods and ways to fail are kept apart", () => {
  const { metrics, durations } = counting();
  metrics.callEnded(call("add", 1_000));
  metrics.callEnded(call("add", 2_000));
  metrics.callEnded(call("add", 1, "invalid_params"));
  metrics.callEnded(call("sub", 1, "invalid_params"));
  const own = { "rpc.system.name": "jsonrpc" };
  assertEquals(durations().series.map(({ labels, sum }) => [labels, sum]), [
    [{ ...own, "rpc.method": "add" }, 3],
    [{ ...own, "rpc.method": "add", "error.type": "invalid_params" }, .001],
    [{ ...own, "rpc.method": "sub", "error.type": "invalid_params" }, .001],
  ]);
});

Deno.test("a server tells its observer of every call, and of names that it does not know as _OTHER", async () => {
  const { metrics, durations } = counting();
  await using pair = await startPair({
    now: () => 1,
    later: () => Promise.resolve(1),
    fail: () => Promise.reject(new Error()),
  }, { observer: metrics });
  const client = pair.client as unknown as { call(method: string): Promise<unknown> };
  for (const method of ["now", "later", "fail", "peer-chosen"]) {
    await client.call(method).catch(() => {});
  }
  await client.call("rpc.ping");
  const seen = durations().series.map(({ labels }) => [
    labels["rpc.method"],
    labels["error.type"],
  ]);
  assertEquals(seen.filter(([method]) => !method?.startsWith("rpc.")).sort(), [
    ["_OTHER", "method_not_found"],
    ["fail", "internal"],
    ["later", undefined],
    ["now", undefined],
  ]);
});
