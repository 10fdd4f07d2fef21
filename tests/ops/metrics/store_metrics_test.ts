import { assertEquals, assertRejects } from "@std/assert";
import { MetricsRegistry } from "../../../lib/ops/metrics/registry.ts";
import { measuredStore } from "../../../lib/ops/metrics/store_metrics.ts";
import { createMemoryStore, VersionConflict } from "../../../lib/store/mod.ts";

Deno.test("a store that is measured does the same, and its times are recorded, failures included", async () => {
  const registry = new MetricsRegistry();
  let now = 0;
  const changes: string[] = [];
  await using store = measuredStore(createMemoryStore(), registry, () => now += 2);
  using _ = store.watch("", ({ kind }) => void changes.push(kind));
  const version = await store.put("a", "1");
  assertEquals((await store.get("a"))?.version, version);
  await assertRejects(() => store.put("a", "2", { ifVersion: version + 1 }), VersionConflict);
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
