import { assert, assertEquals } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { ReplyFrame } from "../../../lib/ipc/pool/wire/frame.ts";
import { LivingThreads } from "../../../lib/ipc/pool/wire/living_threads.ts";
import type { Order } from "../../../lib/ipc/pool/wire/protocol.ts";
import type { ThreadEvents, ThreadOptions } from "../../../lib/ipc/pool/thread.ts";
import { type Thread, WorkerSet } from "../../../lib/ipc/pool/worker_set.ts";

/** A thread without a worker, whose events the test raises. */
class FakeThread implements Thread {
  readonly posted: Order[] = [];
  readonly graces: number[] = [];
  isStopped = false;
  isKept = false;

  constructor(readonly options: ThreadOptions, readonly events: ThreadEvents) {}

  post(order: Order): void {
    this.posted.push(order);
  }

  stop(cause: unknown): void {
    if (this.isStopped) return;
    this.isStopped = true;
    this.events.gone(cause);
  }

  stopAfter(graceMs: number): void {
    this.graces.push(graceMs);
  }

  keepAlive(isKept: boolean): void {
    this.isKept = isKept;
  }
}

function start(workers: number, module = "data:,") {
  const threads: FakeThread[] = [];
  const events: unknown[][] = [];
  const memory = new SharedArrayBuffer(0);
  const set = new WorkerSet(
    {
      workers,
      module,
      encoding: "json",
      maxMessageBytes: 1_000,
      graceMs: 1,
      requests: memory,
      slots: memory,
    },
    {
      reply: (index, reply) => events.push(["reply", index, reply]),
      gone: (index, cause) => events.push(["gone", index, cause]),
      broken: (error) => events.push(["broken", error]),
    },
    (options, events) => {
      const thread = new FakeThread(options, events);
      threads.push(thread);
      return thread;
    },
  );
  return { set, threads, events };
}

const cause = new Error("no luck");

Deno.test("each worker has an index of its own, and what it replies is told with that index", () => {
  const { threads, events } = start(3);
  assertEquals(threads.map(({ options }) => options.index), [0, 1, 2]);
  const reply: ReplyFrame = { slot: 1, generation: 1, status: 0, value: 7 };
  threads[2]?.events.reply(reply);
  assertEquals(events, [["reply", 2, reply]]);
});

Deno.test("a worker that is gone is replaced, after its pool has been told", () => {
  const { threads, events, set } = start(2);
  for (const thread of threads) thread.events.ready();
  threads[1]?.events.gone(cause);
  assertEquals(events, [["gone", 1, cause]]);
  assertEquals(threads.map(({ options }) => options.index), [0, 1, 1]);
  const order: Order = { type: "cancel", place: { slot: 0, generation: 0 } };
  set.post(1, order);
  set.stopAfter(1, 5, () => true, cause);
  assertEquals(threads.map(({ posted }) => posted.length), [0, 0, 1]);
  assertEquals(threads.map(({ graces }) => graces), [[], [], [5]]);
});

Deno.test("a worker that is ending may run no more calls, and its successor may", () => {
  const { threads } = start(2);
  const mayRun = () =>
    threads.map(({ options: { living, index, thread } }) =>
      new LivingThreads(living).has(index, thread)
    );
  assertEquals(mayRun(), [true, true]);
  threads[1]!.events.ending();
  assertEquals(mayRun(), [true, false]);
  threads[1]!.events.gone(cause);
  assertEquals(mayRun(), [true, false, true]);
  threads[1]!.events.ending(); // late
  assertEquals(mayRun(), [true, false, true]);
});

Deno.test("keepAlive() changes every worker, and those that are started later", () => {
  const { set, threads } = start(2);
  const kept = () => threads.map(({ isKept }) => isKept);
  assertEquals(kept(), [false, false]);
  set.keepAlive(true);
  threads[0]!.events.gone(cause);
  assertEquals(kept(), [true, true, true]);
  set.keepAlive(false);
  threads[2]!.events.gone(cause);
  assertEquals(kept().slice(1), [false, false, false]);
});

Deno.test("workers that end before they are ready break the set, which stops all of them", () => {
  const { threads, events } = start(2);
  const starts = limits.maxWorkerStartFailures * 2;
  for (let index = 0; index < threads.length && index < 50; index++) {
    if (!threads[index]!.isStopped) threads[index]!.stop(cause);
  }
  assertEquals(threads.length, starts);
  assert(threads.every(({ isStopped }) => isStopped));
  const broken = events.filter(([event]) => event === "broken");
  assertEquals(broken.length, 1);
  const error = broken[0]?.[1];
  assert(error instanceof DariError && error.message.includes("no luck"));
  assertEquals([error.code, error.retryable, error.cause], ["unavailable", false, cause]);
});

Deno.test("the error of a module that cannot be loaded shows the beginning of its name", () => {
  for (const length of [limits.poolModuleShownLength, limits.poolModuleShownLength + 1]) {
    const { threads, events } = start(1, "x".repeat(length));
    for (let index = 0; index < threads.length; index++) threads[index]!.stop(cause);
    const error = events.find(([event]) => event === "broken")?.[1];
    assert(error instanceof DariError);
    const shown = "x".repeat(limits.poolModuleShownLength);
    assertEquals(error.message, `The workers cannot load "${shown}": no luck`);
  }
});

Deno.test("a worker that becomes ready starts the count of failures again", () => {
  const { threads, events } = start(1);
  for (let round = 0; round < 20; round++) {
    for (let failure = 1; failure < limits.maxWorkerStartFailures; failure++) {
      threads.at(-1)?.events.gone(cause);
    }
    threads.at(-1)?.events.ready();
    threads.at(-1)?.events.gone(cause);
  }
  assertEquals(events.filter(([event]) => event === "broken"), []);
  assertEquals(threads.length, 20 * limits.maxWorkerStartFailures + 1);
});

Deno.test("stop() stops every worker and replaces none", () => {
  const { set, threads, events } = start(3);
  set.stop(cause);
  assertEquals(threads.map(({ isStopped }) => isStopped), [true, true, true]);
  assertEquals(events, [0, 1, 2].map((index) => ["gone", index, cause]));
  set.stop(cause);
  assertEquals(events.length, 3);
});
