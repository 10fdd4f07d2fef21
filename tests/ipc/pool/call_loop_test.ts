import { assertEquals } from "@std/assert";
import { deadline } from "../../../lib/base/abort.ts";
import { limits } from "../../../lib/base/limits.ts";
import { Queue } from "../../../lib/ipc/mod.ts";
import { CallLoop } from "../../../lib/ipc/pool/call_loop.ts";
import type { Handler } from "../../../lib/ipc/pool/call_runner.ts";
import { DispatchedCalls } from "../../../lib/ipc/pool/dispatched_calls.ts";
import { status } from "../../../lib/ipc/pool/wire/frame.ts";
import { LivingThreads } from "../../../lib/ipc/pool/wire/living_threads.ts";
import { CallSlots } from "../../../lib/ipc/pool/wire/slots.ts";
import { callOf } from "../../support/pool_call.ts";
import { startRunner } from "../../support/pool_ring.ts";

const INDEX = 2;

/** A worker's loop in this thread, over a queue that ends after the calls that are dispatched. */
function start(methods: Record<string, Handler>) {
  const calls = new DispatchedCalls(10, "json", 1_000_000);
  const { runner, replies } = startRunner(methods);
  const living = LivingThreads.allocate(INDEX + 1);
  const thread = living.begin(INDEX);
  const options = { ...calls.buffers, living: living.buffer, index: INDEX, thread, graceMs: 1 };
  return {
    calls,
    replies,
    slots: new CallSlots(calls.buffers.slots),
    /** As the pool does before it stops a worker. */
    endThread: () => living.end(INDEX, thread),
    /** Runs the loop until it ends by itself. */
    runOpen: () => new CallLoop(options, runner).run(),
    run(): Promise<void> {
      calls.close();
      return new CallLoop(options, runner).run();
    },
    runner,
  };
}

Deno.test("run() runs the calls in their order, and ends with the queue", async () => {
  const { calls, replies, run } = start({
    echo: (params) => params,
    later: (params) => Promise.resolve(params),
  });
  for (const params of [1, 2]) calls.dispatch(callOf(params));
  calls.dispatch(callOf(3, Infinity, "later"));
  calls.dispatch(callOf(4));
  await run();
  assertEquals(replies().map(({ value }) => value), [1, 2, 3, 4]);
});

Deno.test("run() claims each call for its worker before the method runs", async () => {
  const workers: (number | undefined)[] = [];
  const { calls, slots, run } = start({
    echo: () => {
      workers.push(...calls.all().map((call) => slots.workerOf(call.place)));
    },
  });
  calls.dispatch(callOf(1));
  calls.dispatch(callOf(2));
  await run();
  assertEquals(workers, [INDEX, undefined, INDEX, INDEX]);
});

Deno.test("a call that was withdrawn, or that another worker has, does not run", async () => {
  const ran: unknown[] = [];
  const { calls, slots, run } = start({ echo: (params) => void ran.push(params) });
  const [first, withdrawn, taken, last] = ["first", "withdrawn", "taken", "last"]
    .map((params) => callOf(params));
  for (const call of [first, withdrawn, taken, last]) calls.dispatch(call!);
  calls.withdraw(withdrawn!);
  slots.claim(taken!.place!, INDEX + 1);
  await run();
  assertEquals(ran, ["first", "last"]);
});

Deno.test("a call that is in the queue twice runs once", async () => {
  let runs = 0;
  const { calls, slots, run } = start({
    echo: () => {
      runs++;
    },
  });
  const call = callOf(1);
  calls.dispatch(call);
  const place = call.place!;
  await run();
  assertEquals([runs, slots.claim(place, INDEX)], [1, false]);
});

Deno.test("a worker that was ended gives back the call that it claims, and takes no more", async () => {
  const { calls, slots, replies, endThread, runOpen, runner } = start({ echo: (params) => params });
  for (const params of ["first", "second"]) calls.dispatch(callOf(params));
  endThread();
  await deadline(runOpen(), 5_000);
  assertEquals(replies(), []);
  assertEquals(calls.all().map(({ place }) => slots.workerOf(place)), [undefined, undefined]);
  assertEquals(calls.queueAgain(), []);

  // Another worker runs both, each once.
  const living = LivingThreads.allocate(1);
  const options = { ...calls.buffers, living: living.buffer, index: 0, graceMs: 1 };
  calls.close();
  await deadline(new CallLoop({ ...options, thread: living.begin(0) }, runner).run(), 5_000);
  assertEquals(replies().map(({ value }) => value).toSorted(), ["first", "second"]);
});

Deno.test("a worker that is ended while it runs short calls gives the next one back", async () => {
  const loop = start({
    end: () => loop.endThread(),
    echo: (params) => params,
  });
  const [ending, next] = [callOf(1, Infinity, "end"), callOf(2)];
  for (const call of [ending, next]) loop.calls.dispatch(call);
  await deadline(loop.runOpen(), 5_000);
  assertEquals(loop.replies().length, 1);
  assertEquals(loop.slots.workerOf(next.place!), undefined);
  assertEquals(loop.slots.claim(next.place!, 0), true);
});

Deno.test("a call that the pool has released while it was claimed too late is not given back", async () => {
  const { calls, slots, endThread, runOpen, replies } = start({ echo: (params) => params });
  const [call, next] = [callOf(1), callOf(2)];
  calls.dispatch(call);
  endThread();
  const place = call.place!;
  const { has } = LivingThreads.prototype;
  LivingThreads.prototype.has = function (...args) {
    // The pool looks between the worker's claim and its giving back.
    assertEquals(slots.workerOf(place), INDEX);
    calls.release(call);
    calls.dispatch(next);
    return has.apply(this, args);
  };
  try {
    await deadline(runOpen(), 5_000);
  } finally {
    LivingThreads.prototype.has = has;
  }
  assertEquals([call.place, next.place?.slot], [undefined, place.slot]);
  assertEquals(slots.claim(next.place!, 0), true);
  assertEquals(replies(), []);
});

Deno.test("a worker that was ended does not wait long for room to give its call back", async () => {
  const { calls, endThread, runOpen, replies } = start({ echo: (params) => params });
  calls.dispatch(callOf(1));
  endThread();
  const queue = Queue.open<Uint8Array>(calls.buffers.requests);
  const { has } = LivingThreads.prototype;
  LivingThreads.prototype.has = function (...args) {
    while (queue.tryPut(new Uint8Array(8)));
    return has.apply(this, args);
  };
  const begin = performance.now();
  try {
    await deadline(runOpen(), 5_000);
  } finally {
    LivingThreads.prototype.has = has;
  }
  assertEquals(performance.now() - begin >= limits.poolGiveBackMs, true);
  assertEquals(replies(), []);
});

Deno.test("run() asks for params that were too long for the queue", async () => {
  const { calls, replies, runner, run } = start({ echo: (params) => (params as string).length });
  const call = callOf("x".repeat(100_000));
  calls.dispatch(call);
  const running = run();
  for (let asked = false; !asked;) {
    await Promise.resolve();
    asked = replies().some((reply) => reply.status === status.ask);
  }
  runner.handleOrder({ type: "params", place: call.place!, payload: calls.payloadOf(call) });
  await running;
  assertEquals(replies().map(({ value }) => value), [100_000]);
});

Deno.test("a method that loops is stopped, and so is the loop; the next call stays for others", async () => {
  const { calls, replies, slots, run } = start({
    loop: () => {
      while (true);
    },
    echo: (params) => params,
  });
  calls.dispatch(callOf(1));
  const looping = callOf(2, performance.now(), "loop");
  const next = callOf(3);
  calls.dispatch(looping);
  calls.dispatch(next);
  await run();
  assertEquals(replies().map(({ value }) => value), [1]);
  assertEquals(slots.workerOf(looping.place!), INDEX);
  assertEquals(slots.workerOf(next.place!), undefined);
});

Deno.test("calls whose times differ much do not share a watchdog", async () => {
  const { calls, replies, run } = start({
    echo: (params) => params,
    loop: () => {
      while (true);
    },
  });
  calls.dispatch(callOf("long time", performance.now() + 1_000_000));
  calls.dispatch(callOf("no time", performance.now(), "loop"));
  await run(); // half a second, and not a thousand
  assertEquals(replies().map(({ value }) => value), ["long time"]);
});
