import { assertEquals } from "@std/assert";
import { CallLoop } from "../../../lib/ipc/pool/call_loop.ts";
import type { Handler } from "../../../lib/ipc/pool/call_runner.ts";
import { DispatchedCalls } from "../../../lib/ipc/pool/dispatched_calls.ts";
import { status } from "../../../lib/ipc/pool/frame.ts";
import { CallSlots } from "../../../lib/ipc/pool/slots.ts";
import { callOf } from "../../support/pool_call.ts";
import { startRunner } from "../../support/pool_ring.ts";

const INDEX = 2;

/** A worker's loop in this thread, over a queue that ends after the calls that are dispatched. */
function start(methods: Record<string, Handler>) {
  const calls = new DispatchedCalls(10, "json", 1_000_000);
  const { runner, replies } = startRunner(methods);
  return {
    calls,
    replies,
    slots: new CallSlots(calls.buffers.slots),
    run(): Promise<void> {
      calls.close();
      const loop = new CallLoop({ ...calls.buffers, index: INDEX, graceMs: 1 }, runner);
      return loop.run();
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
