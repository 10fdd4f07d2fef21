import { assertEquals } from "@std/assert";
import { ReplyBudget, SharedBytes } from "../../../lib/rpc/call/reply_budget.ts";

const bounds = { freeBytes: 10, maxBytes: 100 };

Deno.test("ReplyBudget takes just its bound and refuses one byte more, with both sizes", () => {
  const budget = new ReplyBudget(bounds, new SharedBytes(1_000));
  budget.add(60);
  assertEquals(budget.refusal(40), undefined);
  const refusal = budget.refusal(41);
  assertEquals([refusal?.code, refusal?.retryable], ["resource_exhausted", true]);
  assertEquals(
    refusal?.message.startsWith("The reply has 41 bytes, and 60 bytes of replies wait on this"),
    true,
  );
  budget.remove(1);
  assertEquals(budget.refusal(41), undefined);
});

Deno.test("connections share bytes beyond their free ones, which nobody can take from them", () => {
  const shared = new SharedBytes(50);
  const [greedy, modest] = [new ReplyBudget(bounds, shared), new ReplyBudget(bounds, shared)];
  greedy.add(60);
  assertEquals(shared.used, 50);
  assertEquals(modest.refusal(10), undefined);
  assertEquals(modest.refusal(11)?.message.includes("all connections"), true);
  modest.add(10);
  assertEquals(shared.used, 50);
  assertEquals(modest.refusal(1)?.code, "resource_exhausted");
  greedy.remove(1);
  assertEquals([shared.used, modest.refusal(1)], [49, undefined]);
});

Deno.test("ReplyBudget gives back what it took, sent or not", () => {
  const shared = new SharedBytes(50);
  const budget = new ReplyBudget(bounds, shared);
  for (const length of [5, 20, 30]) budget.add(length);
  assertEquals([budget.owed, shared.used], [55, 45]);
  for (const length of [5, 20]) budget.remove(length);
  assertEquals(shared.used, 20);
  budget.close();
  budget.close();
  assertEquals([budget.owed, shared.used], [0, 0]);
});
