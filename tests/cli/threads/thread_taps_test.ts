import { assertEquals } from "@std/assert";
import type { Order } from "../../../lib/cli/threads/messages.ts";
import { TappedThread } from "../../../lib/cli/threads/tapped_thread.ts";
import { ThreadTaps } from "../../../lib/cli/threads/thread_taps.ts";
import { type TapBatch, TapQueue } from "../../../lib/ops/tap/tap_queue.ts";
import type { TappedCall } from "../../../lib/ops/tap/tapped_call.ts";

const request = { params: false };
const call = (method: string) => ({ method }) as TappedCall;

Deno.test("a tap begins in all threads, in those that start later too, and ends in all", async () => {
  const orders: Order[] = [];
  const taps = new ThreadTaps((order) => orders.push(order));
  const queue = new TapQueue();
  const tap = taps.begin(request, queue);
  assertEquals(orders, [{ type: "tap", tap: 1, request }]);
  taps.restarted();
  assertEquals(orders[1], orders[0]);
  taps.took(1, { calls: [call("a")], missed: 2 });
  taps.took(9, { calls: [call("no such tap")], missed: 0 });
  const { value } = await queue[Symbol.asyncIterator]().next();
  assertEquals(value, { calls: [call("a")], missed: 2 });
  tap[Symbol.dispose]();
  tap[Symbol.dispose]();
  taps.restarted();
  assertEquals(orders.slice(2), [{ type: "endTap", tap: 1 }]);
});

Deno.test("a thread sends the next batch once the main thread has taken the one before", async () => {
  const sent: [number, TapBatch][] = [];
  const listening = new Map<number, TapQueue>();
  let count = 0;
  const thread = new TappedThread({
    listen(_request, queue) {
      const id = ++count;
      listening.set(id, queue);
      return { [Symbol.dispose]: () => void listening.delete(id) };
    },
    send: (tap, batch) => sent.push([tap, batch]),
  });
  const turn = () => new Promise((resolve) => setTimeout(resolve));
  thread.begin(7, request);
  thread.begin(7, request); // told again, since another thread has started
  assertEquals(count, 1);
  listening.get(1)?.push(call("a"));
  await turn();
  listening.get(1)?.push(call("b"));
  await turn();
  assertEquals(sent.map(([tap, { calls }]) => [tap, calls.length]), [[7, 1]]);
  thread.taken(7);
  await turn();
  assertEquals(sent.length, 2);
  thread.end(7);
  thread.end(7);
  thread.taken(7);
  assertEquals(listening.size, 0);
});
