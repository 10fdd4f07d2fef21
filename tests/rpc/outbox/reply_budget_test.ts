import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { ReplyBudget, SharedBytes } from "../../../lib/rpc/outbox/reply_budget.ts";

const bounds = { freeBytes: 10, maxBytes: 100 };

Deno.test("ReplyBudget takes just its bound and refuses one byte more, with both sizes", () => {
  const budget = new ReplyBudget(bounds, new SharedBytes(1_000));
  assertEquals(budget.refusal(60, 40), undefined);
  const refusal = budget.refusal(60, 41);
  assertEquals([refusal?.code, refusal?.retryable], ["resource_exhausted", true]);
  assertEquals(
    refusal?.message.startsWith("The reply has 41 bytes, and 60 bytes of replies wait on this"),
    true,
  );
});

Deno.test("connections share bytes beyond their free ones, which nobody can take from them", () => {
  const shared = new SharedBytes(50);
  const [greedy, modest] = [new ReplyBudget(bounds, shared), new ReplyBudget(bounds, shared)];
  greedy.settle(60);
  assertEquals(shared.used, 50);
  assertEquals(modest.refusal(0, 10), undefined);
  assertEquals(modest.refusal(0, 11)?.message.includes("all connections"), true);
  modest.settle(10);
  assertEquals(shared.used, 50);
  assertEquals(modest.refusal(10, 1)?.code, "resource_exhausted");
  greedy.settle(59);
  assertEquals([shared.used, modest.refusal(10, 1)], [49, undefined]);
});

Deno.test("ReplyBudget gives back what it took", () => {
  const shared = new SharedBytes(50);
  const budget = new ReplyBudget(bounds, shared);
  for (const owed of [5, 25, 55]) budget.settle(owed);
  assertEquals(shared.used, 45);
  for (const owed of [30, 10, 0, 0]) budget.settle(owed);
  assertEquals(shared.used, 0);
});

Deno.test("strangers may take a part of the shared bytes alone", () => {
  const shared = new SharedBytes(100);
  const [stranger, known] = [new ReplyBudget(bounds, shared), new ReplyBudget(bounds, shared)];
  stranger.isStranger = true;
  const most = bounds.freeBytes + shared.maxBytes * limits.strangerReplyShare;
  assertEquals(stranger.refusal(0, most), undefined);
  assertEquals(stranger.refusal(0, most + 1)?.code, "resource_exhausted");
  assertEquals(known.refusal(0, most + 1), undefined);
});
