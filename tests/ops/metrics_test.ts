import { assertEquals } from "@std/assert";
import type { ErrorCode } from "../../lib/base/errors.ts";
import { CallMetrics, DURATION_BUCKETS } from "../../lib/ops/metrics.ts";
import { startPair } from "../support/rpc_pair.ts";

const call = (method: string, durationMs: number, errorCode?: ErrorCode) => ({
  method,
  durationMs,
  errorCode,
});

Deno.test("CallMetrics puts a call into the bucket of its duration, bounds included", () => {
  const metrics = new CallMetrics();
  for (const bound of DURATION_BUCKETS) metrics.callEnded(call("add", bound * 1_000));
  metrics.callEnded(call("add", 10_001));
  const [series] = metrics.series();
  assertEquals([...series?.counts ?? []], Array(DURATION_BUCKETS.length + 1).fill(1));
});

Deno.test("CallMetrics keeps methods and ways to fail apart", () => {
  const metrics = new CallMetrics();
  metrics.callEnded(call("add", 1_000));
  metrics.callEnded(call("add", 2_000));
  metrics.callEnded(call("add", 1, "invalid_params"));
  metrics.callEnded(call("sub", 1, "invalid_params"));
  assertEquals(metrics.series().map(({ method, error, sum }) => [method, error, sum]), [
    ["add", undefined, 3],
    ["add", "invalid_params", .001],
    ["sub", "invalid_params", .001],
  ]);
});

Deno.test("a server tells its observer of every call, and of names that it does not know as _OTHER", async () => {
  const metrics = new CallMetrics();
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
  const seen = metrics.series().map(({ method, error }) => [method, error]);
  assertEquals(seen.filter(([method]) => method !== "rpc.ping").sort(), [
    ["_OTHER", "method_not_found"],
    ["fail", "internal"],
    ["later", undefined],
    ["now", undefined],
  ]);
});
