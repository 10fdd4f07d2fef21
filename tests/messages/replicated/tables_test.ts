import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { EmbeddedQueues } from "../../../lib/messages/mod.ts";
import { OPERATION_RULES } from "../../../lib/messages/operation/operation.ts";
import { ReplicatedTables } from "../../../lib/messages/replicated/tables.ts";
import { TestClock } from "../../support/clock.ts";
import { fillDisk } from "../../support/full_disk.ts";
import { Replicas, rowsOf } from "../../support/replicas.ts";

/** Two servers over one log. */
async function openTwo(clock = new TestClock()) {
  const replicas = await Replicas.open(clock);
  const [one, two] = [await replicas.start(), await replicas.start()];
  return {
    ...{ replicas, one, two, clock },
    [Symbol.asyncDispose]: () => replicas[Symbol.asyncDispose](),
  };
}

/** Writes operations into the log and has server `one` apply them. */
async function apply(
  { one, replicas }: Awaited<ReturnType<typeof openTwo>>,
  ...given: [name: string, args: Record<string, unknown>][]
) {
  const operations = given.map(([name, args]) => ({ name, by: "alice", args }));
  const batch = {
    rules: OPERATION_RULES,
    ...one.tables.time(),
    seed: new Uint8Array(32),
    operations,
  };
  const position = replicas.append(batch);
  replicas.deliver();
  await replicas.idle();
  return { batch, position };
}

function stored(value: string) {
  const message = { value, types: null, bytes: value.length, id: null, key: null };
  return { ...message, priority: 0, delayMs: 0 };
}

Deno.test("apply() gives an outcome for each operation; one that fails changes nothing", async () => {
  await using two = await openTwo();
  const { one } = two;
  const put = (queue: string) => ({
    name: "queue.put",
    by: "alice",
    args: { queue, messages: [stored("1")] },
  });
  const batch = {
    ...{ rules: OPERATION_RULES, ...one.tables.time(), seed: new Uint8Array(32) },
    operations: [
      put("emails"),
      { name: "queue.put", by: "alice", args: { queue: "emails", messages: [stored("1"), 7] } },
      { name: "store.batch", by: "alice", args: { steps: [{ kind: "delete", key: "not a key" }] } },
      { name: "topic.publish", by: "alice", args: { messages: [] } },
      { name: "queue.pause", by: "alice", args: { queue: "none", paused: true } },
      put("emails"),
    ],
  };
  for (const { tables } of two.replicas.servers) {
    const outcomes = await tables.apply(batch, { position: 1, atMs: two.clock.now() }, true);
    const shown = outcomes.map((each) => "error" in each ? each.error.code : each.value);
    assertEquals(shown, [
      [{ number: 1, isDuplicate: false }],
      "invalid_params",
      "internal",
      "internal",
      "not_found",
      [{ number: 2, isDuplicate: false }],
    ]);
  }
});

Deno.test("an operation that fails in the middle is taken back as a whole", async () => {
  await using two = await openTwo();
  await apply(two, ["queue.configure", { queue: "job:work", settings: { maxBytes: 1 } }]);
  const settings = { maxTries: 9 };
  await apply(two, ["job.put", { method: "work", message: stored("12"), settings }]);
  const { queues, jobs } = await rowsOf(two.two.file);
  assertEquals([queues?.length, jobs?.length], [1, 0]);
  assert(!String(queues![0]).includes("maxTries"));
});

Deno.test("a batch gives the same after one in which an operation failed, and after one in which none did", async () => {
  await using two = await openTwo();
  const { replicas: { servers }, clock } = two;
  await apply(two, ["queue.configure", { queue: "small", settings: { maxBytes: 2 } }]);
  type Given = [name: string, args: Record<string, unknown>];
  const batchOf = (...given: Given[]) => ({
    ...{ rules: OPERATION_RULES, ...two.one.tables.time(), seed: new Uint8Array(32).fill(5) },
    operations: given.map(([name, args]) => ({ name, by: "alice", args })),
  });
  const put = (queue: string): Given => ["queue.put", { queue, messages: [stored("12")] }];
  const take: Given = ["queue.take", { queue: "small", max: 1 }];
  const ack: Given = ["queue.ack", { queue: "small", lease: `1.${"0".repeat(32)}` }];
  // Server `one` has just seen an operation fail, so it begins with savepoints; the other one does not.
  const [wary, bold] = servers;
  const first = { position: 100, atMs: clock.now() };
  const failing = batchOf(["queue.pause", { queue: "none", paused: true }]);
  await wary!.tables.apply(failing, first, false);
  await bold!.tables.apply(batchOf(), first, false);
  const mixed = batchOf(put("small"), take, put("small"), put("new"), ack, take, put("other"));
  const place = { position: 101, atMs: clock.now() };
  const outcomes = [];
  for (const { tables } of servers) outcomes.push(await tables.apply(mixed, place, false));
  const shown = outcomes[0]!.map((each) => "error" in each ? each.error.code : "done");
  const [full, gone] = ["resource_exhausted", "failed_precondition"];
  assertEquals(shown, ["done", "done", full, "done", gone, "done", "done"]);
  assertEquals(outcomes[0], outcomes[1]);
  assertEquals(await rowsOf(wary!.file), await rowsOf(bold!.file));
});

Deno.test("what was applied is known after a restart, and is not applied twice", async () => {
  await using two = await openTwo();
  const { one, clock } = two;
  assertEquals(one.tables.appliedPosition, 0);
  const { batch, position } = await apply(two, ["queue.put", {
    queue: "emails",
    messages: [stored("1")],
  }]);
  assertEquals(one.tables.appliedPosition, position);
  const again = await ReplicatedTables.open(one.file, clock);
  assertEquals(again.appliedPosition, position);
  const place = { position, atMs: clock.now() };
  await assertRejects(() => again.apply(batch, place, false), DariError, "applied before");
  assertEquals((await rowsOf(one.file)).queue_messages?.length, 1);
});

Deno.test("reload() goes on from a file that took the place of another one", async () => {
  await using two = await openTwo();
  two.two.isFollowing = false;
  let { file } = two.two;
  const tables = await ReplicatedTables.open({
    query: (work) => file.query(work),
    transact: (work, isSynced) => file.transact(work, isSynced),
  }, two.clock);
  let resets = 0;
  tables.listen({ onCommitted() {}, onReset: () => void resets++ });
  const { position } = await apply(two, ["queue.configure", { queue: "emails", settings: {} }]);
  assertEquals(tables.appliedPosition, 0);
  file = two.one.file;
  await tables.reload();
  assertEquals([tables.appliedPosition, resets], [position, 1]);
  two.two.isFollowing = true;
});

Deno.test("a batch of a newer dari is not passed over, and the tables stay where they are", async () => {
  await using two = await openTwo();
  const { tables } = two.one;
  const batch = { rules: OPERATION_RULES, ...tables.time(), seed: new Uint8Array(32) };
  const place = { position: 9, atMs: 0 };
  const put = { name: "queue.put", by: "alice", args: { queue: "a", messages: [stored("1")] } };
  const newer = { name: "queue.shuffle", by: "alice", args: {} };
  for (
    const each of [
      { ...batch, operations: [put, newer] },
      { ...batch, rules: OPERATION_RULES + 1, operations: [put] },
    ]
  ) {
    const error = await assertRejects(() => tables.apply(each, place, false), DariError);
    assertEquals(error.code, "configuration");
  }
  const timeless = { ...batch, now: NaN, operations: [] };
  await assertRejects(() => tables.apply(timeless, place, false), DariError, "has no time");
  assertEquals(tables.appliedPosition, 0);
});

Deno.test("a full disk is this server's own: nothing is applied, and all of it once there is room", async () => {
  await using two = await openTwo();
  const { tables } = two.one;
  const batch = {
    ...{ rules: OPERATION_RULES, ...tables.time(), seed: new Uint8Array(32) },
    operations: [{
      name: "queue.put",
      by: "alice",
      args: { queue: "emails", messages: [stored("1")] },
    }],
  };
  const place = { position: 1, atMs: two.clock.now() };
  {
    using _full = fillDisk();
    const error = await assertRejects(() => tables.apply(batch, place, true), DariError);
    assertEquals([error.code, tables.appliedPosition], ["io", 0]);
  }
  for (const server of two.replicas.servers) await server.tables.apply(batch, place, true);
  assertEquals(tables.appliedPosition, 1);
});

Deno.test("leases are drawn from the seed: the same everywhere, and new with each batch", async () => {
  await using two = await openTwo();
  await using queues = new EmbeddedQueues(two.one.store, { clock: two.clock });
  const queue = queues.queue<number>("numbers");
  await queue.putMany([{ value: 1 }, { value: 2 }]);
  const [first, second] = [await queue.take(), await queue.take()];
  await two.replicas.idle();
  const leases = await two.two.file.query((sql) =>
    sql.all<{ lease: string }>("SELECT lease FROM queue_messages ORDER BY number")
  );
  assertEquals(leases.map(({ lease }) => lease), [first!.lease, second!.lease]);
  const secret = ({ lease }: { lease: string }) => lease.split(".")[1]!;
  assertNotEquals(secret(first!), secret(second!));
  assertEquals(secret(first!).length, 2 * limits.leaseBytes);
});

Deno.test("a server whose clock is a day ahead ends nobody's lease", async () => {
  const clock = new TestClock();
  await using two = await openTwo(clock);
  const ahead = new TestClock(clock.now() + 86_400_000);
  const wrong = await two.replicas.start(ahead);
  await using queues = new EmbeddedQueues(two.one.store, { clock });
  await using wrongs = new EmbeddedQueues(wrong.store, { clock: ahead });
  const [queue, theirs] = [queues, wrongs].map((each) => each.queue<string>("emails"));
  await queue!.put("hello");
  const message = await queue!.take({ leaseMs: 30_000 });
  assertEquals(await theirs!.take(), null);
  await theirs!.put("more", { delayMs: 60_000 });
  assertEquals(await theirs!.take(), null);
  await message!.extend();
  await message!.ack();
  clock.advance(59_000);
  assertEquals(await queue!.take(), null);
  clock.advance(1_000);
  assertEquals((await queue!.take())?.value, "more");
});

Deno.test("a server whose clock is ahead runs no schedule before its time", async () => {
  await using two = await openTwo();
  const { one, clock, replicas } = two;
  const [fromAt, nextAt] = [clock.now(), clock.now() + 60_000];
  const timing = { everyMs: 60_000, missed: "once" };
  await apply(two, ["schedule.put", {
    schedule: {
      ...{ method: "report", isDeclared: false, name: "daily", putBy: "alice", timing, key: null },
      ...{ params: { value: "null", types: null, bytes: 4 }, fromAt, nextAt },
    },
  }]);
  const run = async (fromMs: number) => {
    const times = { runs: [nextAt], fromMs, nextAtMs: fromMs + 60_000 };
    const due = { schedule: 1, fromAt, timing: JSON.stringify(timing), times, settings: {} };
    await apply(two, ["schedule.run", { due: [due] }]);
    return (await rowsOf(one.file)).jobs!.length;
  };
  assertEquals(await run(clock.now() + limits.clockStepMs + 1), 0);
  assertEquals(await run(clock.now() + limits.clockStepMs), 1);
  assertEquals(await run(clock.now() + limits.clockStepMs), 1); // it was as another server had read it
  await replicas.assertEqual();
});

Deno.test("servers that wait for messages get each of them once, wherever it is put", async () => {
  const clock = new TestClock();
  await using replicas = await Replicas.open(clock);
  const servers = [await replicas.start(), await replicas.start(), await replicas.start()];
  await using stack = new AsyncDisposableStack();
  const queues = servers.map(({ store }) =>
    stack.use(new EmbeddedQueues(store, { clock, pollMs: 2 ** 30 }))
  );
  const count = 30;
  const taken = queues.flatMap((each) =>
    Array.from(
      { length: count / queues.length },
      () => each.queue<number>("numbers").take({ waitMs: 60_000 }),
    )
  );
  for (let value = 0; value < count; value++) {
    await queues[value % queues.length]!.queue<number>("numbers").put(value);
  }
  const values = (await Promise.all(taken)).map((message) => message!.value);
  assertEquals(values.sort((a, b) => a - b), Array.from({ length: count }, (_, value) => value));
  assert(queues.every(({ waitingTakers }) => waitingTakers === 0));
});

Deno.test("what happened is counted by the server that asked for it alone", async () => {
  await using two = await openTwo();
  const counted: string[] = [];
  const onEvent = (name: string) => (queue: string, event: string, count: number) =>
    void counted.push(`${name}: ${queue} ${event} ${count}`);
  const { clock } = two;
  await using one = new EmbeddedQueues(two.one.store, { clock, onEvent: onEvent("one") });
  await using other = new EmbeddedQueues(two.two.store, { clock, onEvent: onEvent("two") });
  await one.queue("emails").put("hello");
  await other.queue("emails").take();
  assertEquals(counted, ["one: emails put 1", "two: emails taken 1"]);
});
