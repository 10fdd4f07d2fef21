import { assertEquals } from "@std/assert";
import type { QueueTransaction } from "../../../lib/messages/embedded/tables/transaction.ts";
import { foresee } from "../../../lib/messages/operation/foresight.ts";
import type { MessageOperation } from "../../../lib/messages/operation/operation.ts";

const LEASES = ["1.0123456789abcdef", "2.0123456789abcdef", "3.0123456789abcdef"] as const;

/** Foresees operations, and gives what the transaction was told. */
function told(...operations: (MessageOperation | undefined)[]) {
  const [takes, acks]: [unknown[], unknown[]] = [[], []];
  const transaction = {
    expectTake: (...given: unknown[]) => void takes.push(given),
    acks: { expect: (run: unknown) => void acks.push(run) },
  };
  foresee(transaction as unknown as QueueTransaction, operations);
  return { takes, acks };
}

const take = (args: Record<string, unknown>) => ({ name: "queue.take", by: "alice", args });

const ack = (lease: unknown, by = "alice", queue: unknown = "orders") => ({
  ...{ name: "queue.ack", by },
  args: { queue, lease },
});

Deno.test("foresee() tells of takes, and leaves args alone that are none", () => {
  const { takes } = told(
    ...[take({ queue: "orders", max: 3 }), take({ queue: 7, max: 3 }), take({ queue: "orders" })],
    ...[ack(LEASES[0]), undefined],
  );
  assertEquals(takes, [["orders", 3]]);
});

Deno.test("foresee() tells of acknowledgements of one caller and queue, with nothing between", () => {
  const [one, two, three] = LEASES;
  const run = (leases: readonly string[], holder = "alice", queue = "orders") => ({
    ...{ queue, holder, leases },
  });
  assertEquals(told(ack(one), ack(two), ack(three)).acks, [run([one, two, three])]);
  assertEquals(told(ack(one), undefined, ack(two)).acks, [run([one]), run([two])]);
  assertEquals(told(ack(one), ack("none"), ack(two)).acks, [run([one]), run([two])]);
  assertEquals(told(ack(one), ack(two, "bob")).acks, [run([one]), run([two], "bob")]);
  const others = told(ack(one), ack(two, "alice", "others"), ack(three, "alice", 7)).acks;
  assertEquals(others, [run([one]), run([two], "alice", "others")]);
});
