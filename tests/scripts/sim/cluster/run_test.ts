import { assert, assertEquals, assertMatch } from "@std/assert";
import { clusterPlanOf } from "../../../../scripts/sim/cluster/plan.ts";
import { runClusterPlan } from "../../../../scripts/sim/cluster/run.ts";
import { clusterMistakes } from "../../../../scripts/sim/planted/cluster_mistakes.ts";
import { plant } from "../../../../scripts/sim/planted/find.ts";

const root = new URL("../../../..", import.meta.url).pathname;

Deno.test("servers that share a store keep every promise, and a seed gives the same run whatever ran before", async () => {
  const seeds = [1, 2, 3, 4, 5, 6];
  const hashes = new Map<number, string>();
  for (const seed of seeds) {
    const { violations, hash } = await runClusterPlan(clusterPlanOf(seed, 40, 1 + seed));
    assertEquals(violations, []);
    hashes.set(seed, hash);
  }
  assertEquals(new Set(hashes.values()).size, seeds.length);
  for (const seed of seeds.slice(0, 2).toReversed()) {
    const { hash } = await runClusterPlan(clusterPlanOf(seed, 40, 1 + seed));
    assertEquals(hash, hashes.get(seed));
  }
});

Deno.test("a hundred servers share a store", async () => {
  const plan = clusterPlanOf(7, 12, 100);
  const { violations, lines } = await runClusterPlan(
    { ...plan, faults: plan.faults.map((fault) => ({ ...fault, forMs: 100 })) },
    { keepsTrace: true },
  );
  assertEquals(violations, []);
  assert(lines.some((line) => line.includes("s99 reads the stream")));
});

Deno.test("`deno task sim --cluster` runs a seed as it ran in another process", async () => {
  const { hash } = await runClusterPlan(clusterPlanOf(2, 20, 3));
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-check", "--allow-read", "scripts/sim.ts"],
      ...["--cluster", "--servers", "3", "--seed", "2", "--steps", "20"],
    ],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  assertEquals(code, 0);
  assertMatch(
    new TextDecoder().decode(stdout),
    new RegExp(`^seed 2: 20 steps, .*trace ${hash}\n$`),
  );
});

Deno.test("each mistake that is planted in a cluster has its place in the code once, and changes it", async () => {
  for (const mistake of clusterMistakes) {
    const text = await Deno.readTextFile(root + mistake.path);
    assert(plant(text, mistake) !== text);
  }
});
