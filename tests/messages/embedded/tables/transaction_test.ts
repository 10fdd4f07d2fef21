import { assertEquals } from "@std/assert";
import { putMessages } from "../../../../lib/messages/embedded/tables/put.ts";
import { takeMessages } from "../../../../lib/messages/embedded/tables/take.ts";
import { QueueTransaction } from "../../../../lib/messages/embedded/tables/transaction.ts";
import type { Sql } from "../../../../lib/store/tables/sql.ts";
import { openTestQueues } from "../../../support/queues.ts";

const message = (value: string, priority = 0) => ({
  ...{ value, types: null, bytes: value.length, id: null, key: null },
  ...{ priority, delayMs: 0 },
});

/** Does work in a transaction of a test's own, and counts how often ready messages are read. */
async function inTransaction<T>(work: (transaction: QueueTransaction) => T) {
  await using kept = await openTestQueues();
  let reads = 0;
  const result = await kept.store.transact((sql, entries) => {
    const counting: Sql = {
      all(text, ...values) {
        if (text.includes("INDEXED BY queue_ready")) reads++;
        return sql.all(text, ...values);
      },
      run: (text, ...values) => sql.run(text, ...values),
    };
    const transaction = new QueueTransaction({
      ...{ sql: counting, entries, now: 0, today: 0 },
      ...{ random: () => 1, randomBytes: (length) => new Uint8Array(length) },
    });
    const result = work(transaction);
    transaction.end();
    return result;
  });
  return { result, reads };
}

const put = (transaction: QueueTransaction, messages: ReturnType<typeof message>[]) =>
  putMessages(transaction, "letters", messages, "alice");

const take = (transaction: QueueTransaction, max = 1) =>
  takeMessages(transaction, "letters", { max, leaseMs: undefined, holder: "bob" })
    .map(({ value }) => value).join("");

Deno.test("what takes are expected to ask for is read once", async () => {
  const { result, reads } = await inTransaction((transaction) => {
    put(transaction, [..."abcdefgh"].map((value) => message(value)));
    for (const max of [1, 2, 3]) transaction.expectTake("letters", max);
    return [1, 2, 3].map((max) => take(transaction, max));
  });
  assertEquals([result, reads], [["a", "bc", "def"], 1]);
});

Deno.test("takes that nobody expected find the next messages as well", async () => {
  const { result, reads } = await inTransaction((transaction) => {
    put(transaction, [..."abcd"].map((value) => message(value)));
    transaction.expectTake("letters", 2);
    return [1, 1, 1, 9].map((max) => take(transaction, max));
  });
  assertEquals([result, reads], [["a", "b", "c", "d"], 3]);
});

Deno.test("what comes to the front between two takes is taken by the second", async () => {
  const { result } = await inTransaction((transaction) => {
    put(transaction, [..."ab"].map((value) => message(value)));
    transaction.expectTake("letters", 3);
    const first = take(transaction);
    put(transaction, [message("!", 5)]);
    return [first, take(transaction), take(transaction)];
  });
  assertEquals(result, ["a", "!", "b"]);
});
