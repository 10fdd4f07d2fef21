import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { type TapBatch, TapQueue } from "../../../lib/ops/tap/tap_queue.ts";
import type { TappedCall } from "../../../lib/ops/tap/tapped_call.ts";

function call(method: string, params?: string): TappedCall {
  const facts = { startedAtMs: 0, durationMs: 1, principal: null, peer: "p", connection: "c" };
  return { ...facts, method, bytesIn: 1, bytesOut: 1, ...(params === undefined ? {} : { params }) };
}

Deno.test("a tap gives what waits in batches, as soon as something does", async () => {
  const queue = new TapQueue();
  const batches = queue[Symbol.asyncIterator]();
  const first = batches.next();
  queue.push(call("a"));
  queue.push(call("b"));
  const { value } = await first as IteratorYieldResult<TapBatch>;
  assertEquals([value.calls.map(({ method }) => method), value.missed], [["a", "b"], 0]);
  const second = batches.next();
  queue.add({ calls: [call("c")], missed: 3 });
  assertEquals((await second).value, { calls: [call("c")], missed: 3 });
  for (let at = 0; at <= limits.maxTapBatch; at++) queue.push(call("d"));
  assertEquals((await batches.next()).value?.calls.length, limits.maxTapBatch);
  assertEquals((await batches.next()).value?.calls.length, 1);
  const last = batches.next();
  queue.end();
  assertEquals((await last).done, true);
  queue.push(call("too late"));
});

Deno.test("a tap that is read too slowly misses calls, and is told how many", async () => {
  const queue = new TapQueue();
  for (let at = 0; at < limits.maxTapQueue + 5; at++) queue.push(call("a"));
  let calls = 0;
  let missed = 0;
  for await (const batch of queue) {
    calls += batch.calls.length;
    missed += batch.missed;
    if (calls === limits.maxTapQueue) queue.end();
  }
  assertEquals([calls, missed], [limits.maxTapQueue, 5]);
});

Deno.test("the params that wait for a tap are bounded together", async () => {
  const queue = new TapQueue();
  const half = "x".repeat(limits.maxTapQueueLength / 2);
  for (const params of [half, half, "y"]) queue.push(call("a", params));
  const batches = queue[Symbol.asyncIterator]();
  const { value } = await batches.next();
  assertEquals([value?.calls.length, value?.missed], [2, 1]);
  queue.push(call("a", half)); // there is room again
  assertEquals((await batches.next()).value?.calls.length, 1);
});
