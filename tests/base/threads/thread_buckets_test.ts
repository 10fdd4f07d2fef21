import { assertEquals } from "@std/assert";
import { ThreadBuckets } from "../../../lib/base/threads/thread_buckets.ts";
import { TokenBuckets } from "../../../lib/base/token_buckets.ts";

Deno.test("ThreadBuckets waits as TokenBuckets does, whichever thread takes", () => {
  const size = { perSecond: 7, burst: 3 };
  const memory = ThreadBuckets.allocate(10);
  const threads = [0, 1].map((thread) => new ThreadBuckets(memory, thread, "orders", size));
  const one = new TokenBuckets<string>(size, 10);
  // Days after the start, where 32 bits of milliseconds would be over.
  let now = 40 * 86_400_000;
  for (let call = 0; call < 200; call++) {
    const thread = threads[call % 2]!;
    const waitMs = one.waitMs("alice", now);
    // Moments are rounded.
    if (Math.abs(thread.waitMs("alice", now) - waitMs) > 0.5) {
      assertEquals(thread.waitMs("alice", now), waitMs, `call ${call}`);
    }
    now += Math.ceil(waitMs) + (call % 5) * 60;
    one.take("alice", now);
    thread.take("alice", now);
  }
});

Deno.test("ThreadBuckets keeps callers and rules apart, and begins full", () => {
  const memory = ThreadBuckets.allocate(10);
  const size = { perSecond: 1, burst: 1 };
  const [orders, mail] = ["orders", "mail"].map((name) => new ThreadBuckets(memory, 0, name, size));
  orders!.take("alice", 5);
  assertEquals(orders!.waitMs("alice", 5) > 0, true);
  assertEquals([orders!.waitMs("bob", 5), mail!.waitMs("alice", 5)], [0, 0]);
});

Deno.test("ThreadBuckets gives the rows of full buckets to others", () => {
  const size = { perSecond: 1, burst: 1 };
  const buckets = new ThreadBuckets(ThreadBuckets.allocate(1), 0, "orders", size);
  for (let n = 0; n < 10_000; n++) {
    const now = 10_000 * n;
    buckets.take(`caller-${n}`, now);
    assertEquals(buckets.waitMs(`caller-${n}`, now) > 0, true, `${n}`);
  }
});
