import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { EmbeddedQueues, EmbeddedTopics } from "../../../lib/messages/mod.ts";
import { ReplicatedWriter } from "../../../lib/messages/replicated/replicated_writer.ts";
import { VersionConflictError } from "../../../lib/store/store.ts";
import { TestClock } from "../../support/clock.ts";
import { Replicas } from "../../support/replicas.ts";

/** A server and another one, over one log. */
async function openQueues() {
  const clock = new TestClock();
  const replicas = await Replicas.open(clock);
  const [one, other] = [await replicas.start(), await replicas.start()];
  const queues = new EmbeddedQueues(one.store, { clock });
  return {
    ...{ replicas, one, other, queues, clock },
    async [Symbol.asyncDispose]() {
      await queues[Symbol.asyncDispose]();
      await replicas[Symbol.asyncDispose]();
    },
  };
}

/** Writes at the other server, between the try of a transaction and its place in the log. */
function writeFirst(
  { replicas, other }: Awaited<ReturnType<typeof openQueues>>,
  steps: Record<string, unknown>[],
): void {
  other.write({ operations: [{ name: "store.batch", by: "other", args: { steps } }] });
  queueMicrotask(() => replicas.deliver());
}

const put = (key: string, value: string) => ({ kind: "put", key, value });

Deno.test("a transaction is tried again where an entry that it read was changed", async () => {
  await using test = await openQueues();
  await test.one.store.put("app/total", "1");
  let runs = 0;
  const total = await test.queues.transact((transaction) => {
    const next = String(Number(transaction.get("app/total")?.value) + 1);
    if (++runs === 1) writeFirst(test, [put("app/total", "10")]);
    transaction.put("app/total", next);
    return next;
  });
  assertEquals([total, runs], ["11", 2]);
  assertEquals((await test.other.store.get("app/total"))?.value, "11");
});

Deno.test("what it did not look at may change", async () => {
  await using test = await openQueues();
  let runs = 0;
  const receipt = await test.queues.transact((transaction) => {
    const receipt = transaction.enqueue("emails", { value: "hello" });
    if (++runs === 1) {
      const message = { value: "1", types: null, bytes: 1, id: null, key: null };
      const args = { queue: "emails", messages: [{ ...message, priority: 0, delayMs: 0 }] };
      test.other.write({ operations: [{ name: "queue.put", by: "other", args }] });
    }
    return receipt;
  });
  // The number that the message really got.
  assertEquals([receipt, runs], [{ number: 2, isDuplicate: false }, 1]);
});

Deno.test("a program that looks at the number of a message gets the right one", async () => {
  await using test = await openQueues();
  let runs = 0;
  await test.queues.transact((transaction) => {
    const { number } = transaction.enqueue("emails", { value: "hello" });
    if (++runs === 1) {
      const message = { value: "1", types: null, bytes: 1, id: null, key: null };
      const args = { queue: "emails", messages: [{ ...message, priority: 0, delayMs: 0 }] };
      test.other.write({ operations: [{ name: "queue.put", by: "other", args }] });
    }
    transaction.put("app/number", String(number));
  });
  assertEquals([(await test.one.store.get("app/number"))?.value, runs], ["2", 2]);
});

Deno.test("a condition of its own fails in the program, as the entry then stands", async () => {
  await using test = await openQueues();
  let runs = 0;
  const seen: boolean[] = [];
  await test.queues.transact((transaction) => {
    if (++runs === 1) writeFirst(test, [put("app/lock", "theirs")]);
    try {
      transaction.put("app/lock", "mine", { ifVersion: 0 });
      seen.push(true);
    } catch (error) {
      if (!(error instanceof VersionConflictError)) throw error;
      seen.push(false);
    }
    transaction.put("app/tried", String(runs));
  });
  assertEquals([seen, runs], [[true, false], 2]);
  assertEquals((await test.one.store.get("app/lock"))?.value, "theirs");
});

Deno.test("maxWriteTries bounds how often a transaction is tried", async () => {
  await using test = await openQueues();
  await test.one.store.put("app/total", "0");
  const transactAgainst = (rivals: number) => {
    let runs = 0;
    return test.queues.transact((transaction) => {
      transaction.get("app/total");
      if (++runs <= rivals) writeFirst(test, [put("app/total", String(runs))]);
      transaction.put("app/mine", String(runs));
      return runs;
    });
  };
  assertEquals(await transactAgainst(limits.maxWriteTries - 1), limits.maxWriteTries);
  const error = await assertRejects(() => transactAgainst(limits.maxWriteTries), DariError);
  assertEquals([error.code, error.retryable], ["unavailable", true]);
});

Deno.test("complete() acknowledges where the lease lasts, and is not done twice", async () => {
  await using test = await openQueues();
  const queue = test.queues.queue<string>("orders");
  await queue.put("one");
  const message = await queue.take({ leaseMs: 1_000 });
  await message!.complete((transaction) => transaction.put("app/done", "1", { ifVersion: 0 }));
  await assertRejects(
    () => message!.complete((transaction) => transaction.put("app/done", "2")),
    DariError,
    "not yours to answer",
  );
  assertEquals((await test.other.store.get("app/done"))?.value, "1");
});

Deno.test("what a program throws reaches it, and nothing is in the log", async () => {
  await using test = await openQueues();
  const before = test.replicas.log.length;
  const own = new Error("no paper");
  const thrown = await assertRejects(() =>
    test.queues.transact((transaction) => {
      transaction.put("app/a", "1");
      throw own;
    })
  );
  assertEquals([thrown, test.replicas.log.length], [own, before]);
  assertEquals(await test.queues.transact((transaction) => transaction.get("app/a")), null);
  assertEquals(test.replicas.log.length, before); // what only reads needs no log
});

Deno.test("a handler that publishes with what it writes does both at every server", async () => {
  await using test = await openQueues();
  await using topics = new EmbeddedTopics(test.queues);
  const write = (transaction: { put(key: string, value: string): void }) =>
    transaction.put("app/paid", "1");
  const first = await topics.publishFor("alice", "orders.1", "paid", { id: "a", write });
  assertEquals(first, { cursor: "orders:1", isDuplicate: false });
  const again = await topics.publishFor("alice", "orders.1", "paid", { id: "a", write });
  assertEquals(again, { cursor: "orders:1", isDuplicate: true });
  assertEquals((await test.other.store.get("app/paid"))?.value, "1");
});

/** A writer over a log that takes nothing before it is told to. */
function writerOver() {
  const { promise, resolve } = Promise.withResolvers<void>();
  let proposed = 0;
  const writer = new ReplicatedWriter({
    store: { transact: () => Promise.reject(new Error("not used")) },
    clock: { now: () => 0, today: () => 0 },
    proposer: {
      async propose(operations) {
        proposed++;
        await promise;
        return operations.map(() => ({ value: null }));
      },
    },
  });
  const write = (bytes: number) =>
    writer.write("queue.pause", "a", { queue: "a", paused: true }, bytes);
  return { writer, write, resolve, count: () => proposed };
}

Deno.test("maxOperationBytes bounds one request, and maxPendingPutBytes those that wait", async () => {
  const { writer, write, resolve } = writerOver();
  const error = await assertRejects(() => write(limits.maxOperationBytes + 1), DariError);
  assertEquals([error.code, error.retryable], ["resource_exhausted", false]);
  const most = Math.floor(limits.maxPendingPutBytes / limits.maxOperationBytes);
  const waiting = Array.from({ length: most }, () => write(limits.maxOperationBytes));
  const left = limits.maxPendingPutBytes - most * limits.maxOperationBytes;
  const full = await assertRejects(() => write(left + 1), DariError, "Too much waits");
  assertEquals([full.code, full.retryable], ["unavailable", true]);
  resolve();
  await Promise.all(waiting);
  await writer.idle();
  await write(1);
});

Deno.test("idle() resolves once nothing waits, also where something fails", async () => {
  const { writer, write, resolve, count } = writerOver();
  const done: string[] = [];
  const waiting = write(1).then(() => done.push("written"));
  const idle = writer.idle().then(() => done.push("idle"));
  assertEquals(count(), 1);
  resolve();
  await Promise.all([waiting, idle]);
  assertEquals(done.sort(), ["idle", "written"]);
});
