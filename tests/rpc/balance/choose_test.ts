import { assert, assertEquals } from "@std/assert";
import { choose } from "../../../lib/rpc/balance/choose.ts";

const servers = (...counts: number[]) => counts.map((outstanding, id) => ({ outstanding, id }));

Deno.test("choose() takes the only one, and nothing of nothing", () => {
  assertEquals(choose([], Math.random), undefined);
  assertEquals(choose(servers(7), Math.random)?.id, 0);
});

Deno.test("choose() takes the less busy of two different ones, whatever is drawn", () => {
  for (let first = 0; first < 1; first += 0.1) {
    for (let second = 0; second < 1; second += 0.1) {
      const drawn = [first, second];
      assertEquals(choose(servers(1, 0), () => drawn.shift() ?? 0)?.id, 1);
      const busiest = choose(servers(0, 9, 1), () => [first, second][drawn.length++ % 2] ?? 0);
      assert(busiest !== undefined && busiest.id !== 1);
    }
  }
});

Deno.test("choose() spreads what is equal", () => {
  const counts = [0, 0, 0, 0];
  const equal = servers(0, 0, 0, 0);
  for (let n = 0; n < 4_000; n++) counts[choose(equal, Math.random)?.id ?? 0]!++;
  for (const count of counts) assert(count > 800 && count < 1_200, `${counts}`);
});
