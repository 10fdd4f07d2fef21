import { assert, assertEquals } from "@std/assert";
import { deadline } from "../../../lib/base/abort.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { turn } from "../../../lib/base/turn.ts";
import { encodeReply, FRAME_KIND, payloadOf, status } from "../../../lib/ipc/pool/wire/frame.ts";
import type { Loaded, Order, Start } from "../../../lib/ipc/pool/wire/protocol.ts";
import { type WorkerLike, WorkerThread } from "../../../lib/ipc/pool/thread.ts";
import { MessageWriter } from "../../../lib/ipc/ring/messages.ts";
import { event } from "../../../lib/ipc/ring/records.ts";
import { Ring } from "../../../lib/ipc/ring/ring.ts";
import { holdLifeline } from "../../../lib/ipc/wait/lifeline.ts";
import { FakeTimers } from "../../support/fake_timers.ts";

const memory = new SharedArrayBuffer(0);
const cause = new Error("enough");

/** A worker that is no thread: the test says what it does. */
class FakeWorker implements WorkerLike {
  readonly posted: (Start | Order)[] = [];
  readonly lifeline = new AbortController();
  isTerminated = false;
  onerror: ((event: ErrorEvent) => void) | null = null;
  onmessage: ((event: MessageEvent<Loaded>) => void) | null = null;

  get start(): Start {
    const [start] = this.posted;
    assert(start?.type === "start");
    return start;
  }

  postMessage(message: Start | Order): void {
    this.posted.push(message);
  }

  terminate(): void {
    this.isTerminated = true;
    this.lifeline.abort();
  }

  load(loaded: Loaded): void {
    this.onmessage?.(new MessageEvent("message", { data: loaded }));
  }

  /** As a worker: holds its lifeline, and then says that it is ready. */
  async becomeReady(): Promise<void> {
    await new Promise<void>((held) => holdLifeline(this.start.name, this.lifeline.signal, held));
    this.load({ type: "ready" });
  }

  reply(value: unknown): void {
    const results = new MessageWriter(Ring.open(this.start.results), 10_000);
    const frame = encodeReply({ slot: 0, generation: 1 }, status.result, payloadOf(value, "json"));
    results.write(FRAME_KIND, frame);
  }
}

function start() {
  const worker = new FakeWorker();
  const events: unknown[][] = [];
  const gone = Promise.withResolvers<unknown>();
  const replied = Promise.withResolvers<unknown>();
  let endings = 0;
  let wasTerminatedBefore: boolean | undefined;
  const thread = new WorkerThread(
    {
      index: 4,
      thread: 1,
      living: memory,
      module: "data:,",
      requests: memory,
      slots: memory,
      encoding: "json",
      maxMessageBytes: 10_000,
      graceMs: 1,
    },
    {
      ready: () => events.push(["ready"]),
      ending: () => {
        if (endings++ === 0) wasTerminatedBefore = worker.isTerminated;
      },
      reply: ({ value }) => {
        events.push(["reply", value]);
        replied.resolve(value);
      },
      gone: (cause) => {
        events.push(["gone", cause]);
        gone.resolve(cause);
      },
    },
    () => worker,
  );
  thread.keepAlive(true);
  return {
    worker,
    thread,
    events,
    gone: gone.promise,
    replied: replied.promise,
    /** Whether it was told that the worker is ending, and the worker ran until then. */
    get wasEndedFirst(): boolean {
      return wasTerminatedBefore === false;
    },
  };
}

Deno.test("the worker is posted its start first, and then orders", () => {
  const { worker, thread } = start();
  const order: Order = { type: "cancel", place: { slot: 0, generation: 0 } };
  thread.post(order);
  assertEquals([worker.start.index, worker.start.module], [4, "data:,"]);
  assertEquals(worker.posted.slice(1), [order]);
  thread.stop(cause);
});

Deno.test("replies are told as they come", async () => {
  const { worker, thread, events, replied } = start();
  await worker.becomeReady();
  worker.reply(7);
  await replied;
  assertEquals(events, [["ready"], ["reply", 7]]);
  thread.stop(cause);
});

Deno.test("stop() terminates the worker and tells once that it is gone, after its last replies", async () => {
  const started = start();
  const { worker, thread, events } = started;
  await worker.becomeReady();
  await turn();
  worker.reply("last");
  thread.stop(cause);
  assertEquals(started.wasEndedFirst, true);
  thread.stop(new Error("again"));
  assertEquals(worker.isTerminated, true);
  assertEquals(events, [["ready"], ["reply", "last"], ["gone", cause]]);
  worker.load({ type: "ready" }); // late
  assertEquals(events.length, 3);
});

Deno.test("a thread that has ended waits for no more replies", async () => {
  const { worker, thread } = start();
  const words = new Int32Array(worker.start.results);
  while (Atomics.load(words, event.data + 1) === 0) await turn();
  thread.stop(cause);
  for (let turns = 0; turns < 3; turns++) await turn();
  assertEquals(Atomics.load(words, event.data + 1), 0);
});

Deno.test("a worker that ends by itself is gone, after its last replies", async () => {
  const started = start();
  const { worker, events, gone } = started;
  await worker.becomeReady();
  worker.reply("last");
  worker.lifeline.abort();
  const error = await gone;
  assertEquals(started.wasEndedFirst, true);
  assert(error instanceof Error && error.message.includes("by itself"));
  assertEquals(events.slice(0, 2), [["ready"], ["reply", "last"]]);
});

Deno.test("the end of a worker that does not keep the program alive is noticed when it does again", async () => {
  const { worker, thread, events, gone } = start();
  await worker.becomeReady();
  thread.keepAlive(false);
  worker.lifeline.abort();
  for (let turns = 0; turns < 20; turns++) await turn();
  assertEquals(events, [["ready"]]);
  thread.keepAlive(true);
  assert(await deadline(gone, 5_000) instanceof Error);
  thread.keepAlive(false); // of no effect any more
});

Deno.test("a worker that cannot load its module is stopped with that error", async () => {
  const { worker, events, gone } = start();
  worker.load({ type: "failed", failure: { code: "not_found", message: "no such module" } });
  const error = await gone;
  assert(error instanceof DariError);
  assertEquals([error.code, error.message], ["not_found", "no such module"]);
  assertEquals([worker.isTerminated, events.length], [true, 1]);
});

Deno.test("an error that the worker does not catch ends the worker, and not this thread", async () => {
  const { worker, gone } = start();
  const event = new ErrorEvent("error", { message: "boom", cancelable: true });
  worker.onerror?.(event);
  assertEquals(event.defaultPrevented, true);
  assertEquals((await gone as Error).message, "boom");
});

Deno.test("a worker that does not load in time is stopped; one that does leaves no timer", () => {
  using timers = new FakeTimers();
  const late = start();
  timers.advance(limits.workerStartTimeoutMs - 1);
  assertEquals(late.events, []);
  timers.advance(1);
  const [, error] = late.events[0]!;
  assert(error instanceof DariError && error.code === "deadline_exceeded");
  const quick = start();
  assertEquals(timers.count, 1);
  quick.worker.load({ type: "ready" });
  assertEquals(timers.count, 0);
  quick.thread.stop(cause);
});

Deno.test("stopAfter() stops the worker after the grace only if it is still at its call", () => {
  using timers = new FakeTimers();
  const { worker, thread } = start();
  let isStillRunning = false;
  thread.stopAfter(100, () => isStillRunning, cause);
  timers.advance(100);
  assertEquals(worker.isTerminated, false);
  isStillRunning = true;
  thread.stopAfter(100, () => isStillRunning, cause);
  timers.advance(99);
  assertEquals(worker.isTerminated, false);
  timers.advance(1);
  assertEquals(worker.isTerminated, true);
});

Deno.test("stopAfter() waits for a grace of any length, and leaves no timer behind its worker", () => {
  using timers = new FakeTimers();
  const { worker, thread } = start();
  worker.load({ type: "ready" });
  for (const graceMs of [2 ** 31, Infinity]) thread.stopAfter(graceMs, () => true, cause);
  timers.advance(2 ** 31 - 1);
  assertEquals([worker.isTerminated, timers.count], [false, 1]);
  thread.stop(cause);
  thread.stopAfter(1, () => true, cause);
  assertEquals(timers.count, 0);
});

Deno.test("a worker whose ring is damaged is stopped, and told to be gone", async () => {
  const { worker, gone } = start();
  await worker.becomeReady();
  worker.reply(1);
  new Uint8Array(worker.start.results).fill(0xff, 512);
  const error = await gone;
  assert(error instanceof DariError && error.code === "data", String(error));
  assertEquals(worker.isTerminated, true);
});
