import { assert, assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import {
  allocateBounds,
  clockLike,
  openBounds,
} from "../../../lib/endpoint/threads/shared_bounds.ts";
import { processBudget } from "../../../lib/transport/shared_budget.ts";
import { TestClock } from "../../support/clock.ts";

Deno.test("openBounds keeps connections, replies and failed sign-ins of all threads together", () => {
  const memory = allocateBounds(2, 100);
  using main = openBounds(memory, 0);
  using other = openBounds(memory, 1);
  main.connections.change("open", 1);
  assertEquals(other.connections.change("open", 1), 2);
  other.replyBytes.take(5 * limits.threadBytesUnit);
  assertEquals(main.replyBytes.used, 5 * limits.threadBytesUnit);
  other.identity.peerCounts.begin("10.0.0.1", 1);
  assertEquals(main.identity.peerCounts.begin("10.0.0.1", 1), false);
  main.forget(1);
  assertEquals([main.connections.of("open"), main.replyBytes.used], [1, 0]);
  assertEquals(main.identity.peerCounts.begin("10.0.0.1", 1), true);
});

Deno.test("the derivations of all threads are no more than those of one server, and one each", () => {
  const { hardwareConcurrency: cores } = navigator;
  for (const threads of [2, cores + 1]) {
    using bounds = openBounds(allocateBounds(threads, 100), 0);
    const { running = 0, waiting = 0 } = bounds.identity.derivations;
    assert(running >= 1 && (running - 1) * threads < cores, `${running} of ${threads}`);
    assert(waiting >= 1 && (waiting - 1) * threads < limits.maxDerivationsWaiting);
  }
});

Deno.test("what waits in connections counts for all threads until the bounds are disposed of", () => {
  const memory = allocateBounds(2, 100);
  const share = processBudget.open(() => {});
  {
    using _bounds = openBounds(memory, 0);
    share.set(3 * limits.threadBytesUnit);
    using other = openBounds(memory, 1);
    assert(other.replyBytes.used === 0);
    assertEquals(new Int32Array(memory.waiting)[0], 3);
  }
  share.set(limits.threadBytesUnit);
  assertEquals(new Int32Array(memory.waiting)[0], 3, "nobody is told any more");
  share.close();
});

Deno.test("allocateBounds takes a bounded memory, however many connections there may be", () => {
  const { byteLength } = allocateBounds(2, limits.maxHostsCounted).connections;
  assertEquals(allocateBounds(2, 1e15).connections.byteLength, byteLength);
});

Deno.test("clockLike shows the monotonic time of another thread", () => {
  const clock = new TestClock();
  clock.advance(10);
  const like = clockLike(5_000, clock);
  clock.advance(7);
  assertEquals([like.monotonic(), like.now()], [5_007, clock.now()]);
});
