import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { decodeBatch, encodeBatch, writeOperation } from "../../../lib/cluster/messages/batch.ts";

const seed = new Uint8Array(limits.batchSeedBytes).fill(7);
const head = { rules: 1, now: 5, today: 6, seed };

Deno.test("a batch is read as it was written", () => {
  const operations = [
    { name: "queue.put", by: "alice", args: { text: "다\u0000\n", list: [1, null, { a: true }] } },
    { name: "queue.take", by: "bob", args: {} },
  ];
  const body = encodeBatch(head, operations.map(writeOperation));
  assertEquals(decodeBatch(body), { ...head, operations });
  assertEquals(decodeBatch(encodeBatch(head, [])), { ...head, operations: [] });
});

Deno.test("what has not the form of a batch is not guessed at", () => {
  const whole = JSON.parse(new TextDecoder().decode(encodeBatch(head, [])));
  const read = (changed: object) =>
    decodeBatch(new TextEncoder().encode(JSON.stringify({ ...whole, ...changed })));
  assertEquals(read({})?.rules, 1);
  const odd: object[] = [
    ...[null, "1", 1.5].flatMap((odd) => [{ rules: odd }, { now: odd }, { today: odd }]),
    ...[null, "%", btoa("short")].map((seed) => ({ seed })),
    ...[null, {}, [null], [{ name: "a", by: "b" }], [{ name: "a", by: 1, args: {} }], [
      { name: "a", by: "b", args: [] },
    ]].map((operations) => ({ operations })),
  ];
  for (const each of odd) assertEquals(read(each), undefined, JSON.stringify(each));
  assertEquals(decodeBatch(new TextEncoder().encode("[]")), undefined);
  assertEquals(decodeBatch(new Uint8Array([0xff])), undefined);
});
