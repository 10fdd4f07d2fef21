import { assertEquals } from "@std/assert";
import type { QueueTransaction } from "../../../lib/messages/embedded/tables/transaction.ts";
import { foresee } from "../../../lib/messages/operation/foresight.ts";

Deno.test("foresee() tells of takes, and leaves args alone that are none", () => {
  const expected: unknown[] = [];
  const transaction = {
    expectTake: (...given: unknown[]) => void expected.push(given),
  } as unknown as QueueTransaction;
  foresee(transaction, { name: "queue.take", args: { queue: "orders", max: 3 } });
  foresee(transaction, { name: "queue.ack", args: { queue: "orders", max: 3 } });
  foresee(transaction, { name: "queue.take", args: { queue: 7, max: 3 } });
  foresee(transaction, { name: "queue.take", args: { queue: "orders" } });
  assertEquals(expected, [["orders", 3]]);
});
