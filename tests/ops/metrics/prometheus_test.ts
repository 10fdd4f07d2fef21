import { assertEquals, assertStringIncludes } from "@std/assert";
import { CallMetrics } from "../../../lib/ops/metrics/call_metrics.ts";
import { ConnectionMetrics } from "../../../lib/ops/metrics/connection_metrics.ts";
import { processMetrics } from "../../../lib/ops/metrics/process_metrics.ts";
import { prometheusName, prometheusText } from "../../../lib/ops/metrics/prometheus.ts";
import { MetricsRegistry } from "../../../lib/ops/metrics/registry.ts";

Deno.test("names get the unit and the ending that Prometheus expects", () => {
  const named = (name: string, unit: string, type: "counter" | "gauge") =>
    prometheusName({ name, unit, type, help: "" });
  assertEquals(named("rpc.duration", "s", "gauge"), "rpc_duration_seconds");
  assertEquals(named("rpc.duration_seconds", "s", "gauge"), "rpc_duration_seconds");
  assertEquals(named("rpc.io", "By", "counter"), "rpc_io_bytes_total");
  assertEquals(named("rpc.calls", "{call}", "counter"), "rpc_calls_total");
  assertEquals(named("rpc.used", "1", "gauge"), "rpc_used_ratio");
});

Deno.test("text of labels and of help cannot break out of its line", () => {
  const registry = new MetricsRegistry();
  registry.counter({ name: "odd", help: "a\nb\\c", labels: ["l"] }).of('"}\n\\ 1').add();
  assertEquals(
    prometheusText(registry.collect()),
    "# HELP odd_total a\\nb\\\\c\n# TYPE odd_total counter\n" + 'odd_total{l="\\"}\\n\\\\ 1"} 1\n',
  );
});

Deno.test("a histogram is written with buckets that add up, and its published bounds alone", () => {
  const registry = new MetricsRegistry();
  const size = registry.histogram({
    name: "size",
    help: "Sizes.",
    unit: "By",
    bounds: [1, 2, 3],
    published: [2],
  });
  for (const value of [1, 2, 3, 4]) size.of().record(value);
  assertEquals(prometheusText(registry.collect()).split("\n").slice(2), [
    'size_bytes_bucket{le="2"} 2',
    'size_bytes_bucket{le="+Inf"} 4',
    "size_bytes_sum 10",
    "size_bytes_count 4",
    "",
  ]);
});

Deno.test("promtool of Debian's prometheus accepts all that a server counts", async () => {
  const registry = new MetricsRegistry();
  const calls = new CallMetrics(registry);
  const connections = new ConnectionMetrics(registry);
  processMetrics(registry, 0);
  const call = { method: "add", durationMs: 1, errorCode: undefined };
  calls.callEnded(call);
  calls.callEnded({ ...call, errorCode: "internal" });
  const connection = { peer: { transport: "tls", address: "" } } as const;
  connections.connectionOpened(connection);
  connections.connectionClosed(connection, "it was cut");
  connections.connectionRefused(connection);
  connections.signInFailed({ method: "rpc.login", errorCode: "unauthenticated" });
  const text = prometheusText(registry.collect());
  assertStringIncludes(text, 'dari_server_connections_cut_total{transport="tls"} 1\n');
  const answer = await check(text);
  if (answer === undefined) return console.log("promtool is not here: apt-get install prometheus");
  assertEquals(answer, { code: 0, said: "" });
});

async function check(text: string): Promise<{ code: number; said: string } | undefined> {
  try {
    const program = new Deno.Command("promtool", {
      args: ["check", "metrics"],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = program.stdin.getWriter();
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
    const { code, stdout, stderr } = await program.output();
    return { code, said: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
