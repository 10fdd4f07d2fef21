// The dashboard of docs/grafana asks for metrics that a server has.

import { assert, assertEquals } from "@std/assert";
import { measureServer, measuringObservers } from "../../../lib/endpoint/metrics/serve_metrics.ts";
import { certificateMetrics } from "../../../lib/ops/metrics/certificate_metrics.ts";
import { clientMetrics } from "../../../lib/ops/metrics/part_metrics.ts";
import { processMetrics } from "../../../lib/ops/metrics/process_metrics.ts";
import { prometheusText } from "../../../lib/ops/metrics/prometheus.ts";
import { MetricsRegistry } from "../../../lib/ops/metrics/registry.ts";
import { measuredStore } from "../../../lib/ops/metrics/store_metrics.ts";
import { createMemoryStore } from "../../../lib/store/mod.ts";

const FILE = new URL("../../../docs/grafana/dari.json", import.meta.url);

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number };
    readonly targets: readonly { readonly expr: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly definition?: string }[] };
}

/** The text of a server in which everything has happened once. */
async function everyMetric(): Promise<string> {
  const registry = new MetricsRegistry();
  const [calls, connections] = measuringObservers(registry);
  const about = { peer: { transport: "tls", address: "" } };
  const call = { method: "add", durationMs: 1, ...about };
  calls?.callEnded?.(call as never);
  calls?.callEnded?.({ ...call, errorCode: "internal" } as never);
  connections?.connectionOpened?.(about as never, { sentBytes: 1, receivedBytes: 1 });
  connections?.connectionClosed?.(about as never, "cut");
  connections?.connectionRefused?.(about as never, "full");
  connections?.signInFailed?.({ method: "rpc.login", errorCode: "internal" } as never);
  processMetrics(registry, 0);
  const state = { workers: 1, running: 0, queueLength: 0 };
  using _ = measureServer(registry, {
    server: { running: 0, waiting: 0, openConnections: [] },
    pool: { state },
  });
  const own = { server: { notAfterMs: 1 } };
  using __ = await certificateMetrics(registry, {
    look: () => Promise.resolve({ own, issued: [] }),
    now: () => 0,
  });
  await using store = measuredStore(createMemoryStore(), registry);
  await store.get("a");
  const stats = { attempts: 1, retries: 0, throttled: 0, retryTokens: 1, resumed: 0 };
  using ___ = clientMetrics(registry, "orders", { stats: () => stats });
  return prometheusText(registry.collect());
}

Deno.test("every metric and label of the dashboard exists", async () => {
  const { panels, templating }: Dashboard = JSON.parse(await Deno.readTextFile(FILE));
  const text = await everyMetric();
  const names = new Set(text.match(/^[a-z_]+(?=[{ ])/gm));
  const labels = new Set(text.match(/[a-z_]+(?==")/g)).add("job").add("instance");
  const asked = [
    ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ...templating.list.flatMap(({ definition }) => definition ?? []),
  ];
  for (const expr of asked) {
    const metrics = expr.match(/\b(?:dari|rpc_server|process)_[a-z_]+(?=[{,])/g) ?? [];
    assert(metrics.length > 0, expr);
    for (const metric of metrics) assert(names.has(metric), `${metric} of ${expr}`);
    const grouped = expr.matchAll(/by \(([^)]*)\)|\{([^}]*)\}/g).flatMap(([, by, where]) =>
      by?.split(", ") ?? [...where?.match(/[a-z_]+(?=[=!])/g) ?? []]
    );
    for (const label of grouped) assert(labels.has(label), `${label} of ${expr}`);
  }
});

Deno.test("the panels of the dashboard do not lie upon each other", async () => {
  const { panels }: Dashboard = JSON.parse(await Deno.readTextFile(FILE));
  const taken = panels.flatMap(({ gridPos: { x, y, w } }) =>
    Array.from({ length: w }, (_, column) => `${x + column} ${y}`)
  );
  assertEquals([new Set(taken).size, Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))], [
    ...[taken.length, 24],
  ]);
});
