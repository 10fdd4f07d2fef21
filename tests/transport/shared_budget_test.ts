import { assertEquals, assertStringIncludes } from "@std/assert";
import { ThreadLevel } from "../../lib/base/threads/thread_level.ts";
import { SharedBudget } from "../../lib/transport/shared_budget.ts";

Deno.test("SharedBudget cuts the largest share one byte beyond its bound, and nobody at it", () => {
  const cut: string[] = [];
  const budget = new SharedBudget(100);
  const large = budget.open((reason) => cut.push(`large: ${reason}`));
  const small = budget.open((reason) => cut.push(`small: ${reason}`));
  large.set(60);
  small.set(40);
  assertEquals([budget.bytes, cut], [100, []]);
  small.set(41);
  assertEquals([budget.bytes, cut.length], [41, 1]);
  assertStringIncludes(cut[0]!, "large: more than 100 bytes wait");
  large.set(1_000); // it was cut: nothing of it counts any more
  assertEquals([budget.bytes, large.bytes], [41, 0]);
});

Deno.test("SharedBudget gets back what a closed share held", () => {
  const budget = new SharedBudget(100);
  const shares = [10, 20, 30].map((bytes) => {
    const share = budget.open(() => {});
    share.set(bytes);
    return share;
  });
  shares[1]?.close();
  shares[1]?.close();
  shares[2]?.set(0);
  assertEquals(budget.bytes, 10);
});

Deno.test("SharedBudget cuts as many as it takes", () => {
  const cut: number[] = [];
  const budget = new SharedBudget(100);
  for (const bytes of [30, 20, 50]) budget.open(() => cut.push(bytes)).set(bytes);
  budget.open(() => cut.push(101)).set(101);
  assertEquals([cut, budget.bytes], [[101], 100]);
});

Deno.test("budgets of several threads are one: who holds more than an equal part cuts its own", () => {
  const memory = ThreadLevel.allocate(2);
  const [here, there] = [0, 1].map((thread) => {
    const budget = new SharedBudget(100);
    budget.join(new ThreadLevel(memory, thread));
    return budget;
  });
  const cut: string[] = [];
  const small = here!.open(() => cut.push("small"));
  const large = there!.open(() => cut.push("large"));
  large.set(70);
  small.set(40); // less than an equal part: it is not the one
  assertEquals(cut, []);
  large.set(71);
  assertEquals(cut, ["large"]);
  small.set(100); // there is room now
  assertEquals([cut.length, here!.bytes], [1, 100]);
});
