import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { DariError } from "../../../../lib/base/errors.ts";
import type { TakenRow } from "../../../../lib/messages/embedded/tables/take.ts";
import { QueueTransaction } from "../../../../lib/messages/embedded/tables/transaction.ts";
import { foresee } from "../../../../lib/messages/operation/foresight.ts";
import type { MessageOperation } from "../../../../lib/messages/operation/operation.ts";
import { findOperation } from "../../../../lib/messages/operation/operations.ts";
import type { Sql } from "../../../../lib/store/tables/sql.ts";
import { openTestQueues, type TestQueues } from "../../../support/queues.ts";
import { rowsOf } from "../../../support/replicas.ts";

/** Applies operations to a store of a test's own, one transaction for each list of them. */
class Applied implements AsyncDisposable {
  readonly kept: TestQueues;
  /** Statements that removed messages. */
  removals = 0;
  readonly leases: string[] = [];
  readonly #isForeseen: boolean;
  #byte = 0;

  private constructor(kept: TestQueues, isForeseen: boolean) {
    this.kept = kept;
    this.#isForeseen = isForeseen;
  }

  static async open(isForeseen = true): Promise<Applied> {
    return new Applied(await openTestQueues(), isForeseen);
  }

  /** Gives what each did: what it gave, or how it failed. */
  apply(operations: readonly MessageOperation[], mayAtomically = false): Promise<unknown[]> {
    return this.kept.store.transact((sql, entries) => {
      const counting: Sql = {
        all: (text, ...values) => this.#counted(text, sql.all(text, ...values)),
        run: (text, ...values) => this.#counted(text, sql.run(text, ...values)),
      };
      const transaction = new QueueTransaction({
        ...{ sql: counting, entries, now: 0, today: 0, random: () => 1 },
        randomBytes: (length) => new Uint8Array(length).fill(this.#byte++),
      });
      if (this.#isForeseen) foresee(transaction, operations);
      const outcomes = operations.map(({ name, args, by }) => {
        const work = () => findOperation(name)!.apply(transaction, args, by);
        try {
          const result = mayAtomically ? transaction.atomically(work) : work();
          if (name === "queue.take") {
            this.leases.push(...(result as TakenRow[]).map(({ lease }) => lease));
          }
          return result;
        } catch (error) {
          if (error instanceof DariError) return error.message;
          throw error;
        }
      });
      transaction.end();
      return outcomes;
    });
  }

  #counted<T>(text: string, result: T): T {
    if (text.startsWith("DELETE FROM queue_messages")) this.removals++;
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kept[Symbol.asyncDispose]();
  }
}

type Extras = { readonly key?: string | null; readonly id?: string | null };

const put = (count: number, { key = null, id = null }: Extras = {}): MessageOperation => {
  const message = { value: "1", types: null, bytes: 1, id, key, priority: 0, delayMs: 0 };
  const messages = Array.from({ length: count }, () => message);
  return { name: "queue.put", by: "alice", args: { queue: "letters", messages } };
};

const take = (max: number, by = "bob"): MessageOperation => ({
  name: "queue.take",
  by,
  args: { queue: "letters", max },
});

const answer = (kind: "ack" | "nack", lease: string, by = "bob"): MessageOperation => ({
  name: `queue.${kind}`,
  by,
  args: { queue: "letters", lease },
});

const ack = (lease: string, by?: string) => answer("ack", lease, by);

Deno.test("acknowledgements that follow each other remove their messages by one statement", async () => {
  await using applied = await Applied.open();
  await applied.apply([put(4), take(4)]);
  const [first, second, third, fourth] = applied.leases;
  assertEquals(await applied.apply([first, second, third].map((lease) => ack(lease!))), [
    undefined,
    undefined,
    undefined,
  ]);
  assertEquals(applied.removals, 1);
  const { leased, waiting } = await applied.kept.queues.queue("letters").show();
  assertEquals([leased, waiting], [1, 0]);
  await applied.apply([ack(fourth!)]);
  assertEquals((await rowsOf(applied.kept.store)).queue_messages, []);
});

Deno.test("one of them that is not good fails alone", async () => {
  await using applied = await Applied.open();
  await applied.apply([put(3), take(3)]);
  const [first, second, third] = applied.leases;
  const wrong = second!.replace(/.$/, (digit) => digit === "f" ? "e" : "f");
  const outcomes = await applied.apply([
    ...[ack("99.00000000"), ack(first!), ack(wrong), ack(first!), ack(third!)],
    ...[ack(second!, "mallory"), ack(second!)],
  ]);
  const no = (number: number, why: string) => `Message ${number} is not yours to answer: ${why}`;
  const gone = 'there is no such message in "letters"; it may have been answered before';
  const others = "the lease was answered, has ended, or is somebody else's";
  assertEquals(outcomes, [
    ...[no(99, gone), undefined, no(2, others), no(1, gone), undefined],
    ...[no(2, others), undefined],
  ]);
});

Deno.test("where each may be taken back alone, each removes its own message", async () => {
  await using applied = await Applied.open();
  await applied.apply([put(3), take(3)]);
  const acks = ["99.00000000", ...applied.leases].map((lease) => ack(lease));
  const [missing, ...others] = await applied.apply(acks, true);
  assertEquals([typeof missing, others], ["string", [undefined, undefined, undefined]]);
  assertEquals(applied.removals, 4);
});

Deno.test("a transaction does not end with messages that were removed and not acknowledged", async () => {
  await using applied = await Applied.open();
  await applied.apply([put(2), take(2)]);
  const acks = applied.leases.map((lease) => ack(lease));
  await assertRejects(
    () =>
      applied.kept.store.transact((sql, entries) => {
        const transaction = new QueueTransaction({
          ...{ sql, entries, now: 0, today: 0, random: () => 1 },
          randomBytes: (length) => new Uint8Array(length),
        });
        foresee(transaction, acks);
        findOperation("queue.ack")!.apply(transaction, acks[0]!.args, "bob");
        transaction.end();
      }),
    Error,
    "1 messages were removed and not acknowledged",
  );
  assertEquals(await applied.apply(acks), [undefined, undefined]);
});

Deno.test("whether operations are foreseen makes no difference", async () => {
  const by = fc.constantFrom("bob", "bob", "eve");
  const extras = fc.record({
    key: fc.constantFrom(null, null, "k"),
    id: fc.constantFrom(null, null, "x"),
  });
  type Step = (leases: readonly string[]) => MessageOperation;
  const answers = (kind: "ack" | "nack") =>
    fc.tuple(fc.nat(12), by).map(([at, by]): Step => (leases) =>
      answer(kind, leases.at(-1 - at) ?? "1.00000000", by)
    );
  const step = fc.oneof(
    {
      weight: 2,
      arbitrary: fc.tuple(fc.integer({ min: 1, max: 4 }), extras).map(([count, more]): Step => () =>
        put(count, more)
      ),
    },
    {
      weight: 3,
      arbitrary: fc.tuple(fc.integer({ min: 1, max: 4 }), by).map(([max, by]): Step => () =>
        take(max, by)
      ),
    },
    { weight: 8, arbitrary: answers("ack") },
    { weight: 1, arbitrary: answers("nack") },
  );
  const batches = fc.array(fc.array(step, { minLength: 1, maxLength: 12 }), { maxLength: 5 });
  // Of a message that goes with this run a lease that is not good may hear that it has gone.
  const told = async (applied: Applied, operations: readonly MessageOperation[]) =>
    (await applied.apply(operations)).map((each) => typeof each === "string" ? "refused" : each);
  await using foreseen = await Applied.open(true);
  await using plain = await Applied.open(false);
  await fc.assert(
    fc.asyncProperty(batches, async (batches) => {
      for (const batch of batches) {
        const operations = batch.map((step) => step(plain.leases));
        assertEquals(await told(foreseen, operations), await told(plain, operations));
      }
      assertEquals(await rowsOf(foreseen.kept.store), await rowsOf(plain.kept.store));
    }),
    { numRuns: 40 },
  );
});
