import { assertEquals, assertRejects } from "@std/assert";
import { MetricsRegistry } from "../../../lib/ops/metrics/registry.ts";
import { prometheusText } from "../../../lib/ops/metrics/prometheus.ts";
import {
  measuredStore,
  sharedMessagesMetrics,
  sharedStoreMetrics,
} from "../../../lib/ops/metrics/store_metrics.ts";
import { createMemoryStore, VersionConflictError } from "../../../lib/store/mod.ts";

Deno.test("a store that is measured does the same, and its times are recorded, failures included", async () => {
  const registry = new MetricsRegistry();
  let now = 0;
  const changes: string[] = [];
  await using store = measuredStore(createMemoryStore(), registry, () => now += 2);
  using _ = store.watch("", ({ kind }) => void changes.push(kind));
  const version = await store.put("a", "1");
  assertEquals((await store.get("a"))?.version, version);
  await assertRejects(() => store.put("a", "2", { ifVersion: version + 1 }), VersionConflictError);
  await store.batch([{ kind: "put", key: "b", value: "2" }]);
  assertEquals((await store.list("")).map(({ key }) => key), ["a", "b"]);
  assertEquals(await store.delete("a"), true);
  assertEquals(changes, ["put", "put", "delete"]);
  const [{ series = [] } = {}] = registry.collect();
  assertEquals(series.map(({ labels, value, sum }) => [labels.operation, value, sum]), [
    ["put", 2, .004],
    ["get", 1, .002],
    ["batch", 1, .002],
    ["list", 1, .002],
    ["delete", 1, .002],
  ]);
});

Deno.test("how well the store of a cluster is followed is read when the metrics are", () => {
  const registry = new MetricsRegistry();
  const figures = {
    ...{ stalenessMs: 250, lagMs: 3, entries: 7, form: 1 },
    passed: { forged: 2, repeated: 0, late: 1 },
  };
  sharedStoreMetrics(registry, figures);
  const values = () =>
    prometheusText(registry.collect()).split("\n").filter((line) => line.startsWith("dari_store_"));
  assertEquals(values(), [
    "dari_store_staleness_seconds 0.25",
    "dari_store_fold_lag_seconds 0.003",
    "dari_store_entries 7",
    "dari_store_form 1",
    'dari_store_passed_over_total{reason="forged"} 2',
    'dari_store_passed_over_total{reason="repeated"} 0',
    'dari_store_passed_over_total{reason="late"} 1',
  ]);
  figures.stalenessMs = 12_000;
  assertEquals(values()[0], "dari_store_staleness_seconds 12");
});

Deno.test("how well the messages of a cluster are followed is read when the metrics are", () => {
  const registry = new MetricsRegistry();
  const of = {
    figures: {
      ...{ stalenessMs: 250, lagMs: 3, bytes: 4_096, form: 1, applied: { operations: 9 } },
      passed: { forged: 2, repeated: 0, late: 1 },
    },
  };
  sharedMessagesMetrics(registry, of);
  const values = () =>
    prometheusText(registry.collect()).split("\n").filter((line) =>
      line.startsWith("dari_messages_")
    );
  assertEquals(values(), [
    "dari_messages_staleness_seconds 0.25",
    "dari_messages_lag_seconds 0.003",
    "dari_messages_file_size_bytes 4096",
    "dari_messages_form 1",
    "dari_messages_applied_total 9",
    'dari_messages_passed_over_total{reason="forged"} 2',
    'dari_messages_passed_over_total{reason="repeated"} 0',
    'dari_messages_passed_over_total{reason="late"} 1',
  ]);
  of.figures = { ...of.figures, stalenessMs: 12_000 };
  assertEquals(values()[0], "dari_messages_staleness_seconds 12");
});
