import { assertEquals } from "@std/assert";
import { VERSION } from "../../../lib/base/version.ts";
import { CallMetrics } from "../../../lib/ops/metrics/call_metrics.ts";
import { ConnectionMetrics } from "../../../lib/ops/metrics/connection_metrics.ts";
import { MetricsRegistry } from "../../../lib/ops/metrics/registry.ts";
import { serverStatus } from "../../../lib/ops/metrics/status_method.ts";
import { tempDirectory } from "../../support/temp.ts";

Deno.test("a status adds up what was counted", async () => {
  await using directory = await tempDirectory();
  const storeFile = `${directory.path}/dari.db`;
  await Deno.writeTextFile(storeFile, "12345");
  const registry = new MetricsRegistry();
  const calls = new CallMetrics(registry);
  const call = { method: "add", durationMs: 1, errorCode: undefined };
  calls.callEnded(call);
  calls.callEnded({ ...call, method: "sub" });
  calls.callEnded({ ...call, errorCode: "internal" });
  new ConnectionMetrics(registry).connectionOpened({ peer: { transport: "tls", address: "" } });
  const certificates = () => ({ server: { notAfterMs: 9 } });
  const facts = { startedAtMs: 1, addresses: ["tls://a:1"], threads: 2, storeFile, certificates };
  assertEquals(serverStatus(facts, registry.collect(), 5), {
    version: VERSION,
    ...{ atMs: 5, startedAtMs: 1, addresses: ["tls://a:1"], threads: 2 },
    connections: { tls: 1 },
    sharingMemory: 0,
    calls: { total: 3, failed: 1, active: 0 },
    certificates: { server: { notAfterMs: 9 } },
    store: { bytes: 5, operations: 0 },
    residentBytes: 0,
  });
  assertEquals(serverStatus({ ...facts, storeFile: `${storeFile}.gone` }, [], 5).store.bytes, 0);
});
