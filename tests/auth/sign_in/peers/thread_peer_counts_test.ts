import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { PeerLimit } from "../../../../lib/auth/sign_in/peers/peer_limit.ts";
import { ThreadPeerCounts } from "../../../../lib/auth/sign_in/peers/thread_peer_counts.ts";
import { DariError } from "../../../../lib/base/errors.ts";
import { limits } from "../../../../lib/base/limits.ts";
import { TestClock } from "../../../support/clock.ts";

/** Three threads, and their clock. */
function threads() {
  const clock = new TestClock();
  const memory = ThreadPeerCounts.allocate(3);
  const counts = (thread: number) => new ThreadPeerCounts(memory, 3, thread, clock);
  return { clock, main: counts(0), a: counts(1), b: counts(2) };
}

Deno.test("PeerLimit over ThreadPeerCounts refuses a peer for what it failed in another thread", async () => {
  const { clock, a, b } = threads();
  const [here, there] = [new PeerLimit(a, 2), new PeerLimit(b, 2)];
  (await here.begin("10.0.0.1:1"))(true);
  (await there.begin("10.0.0.1:2"))(true);
  const error = assertThrows(() => here.check("10.0.0.1:3"), DariError);
  assertEquals([error.code, error.retryAfterMs], ["resource_exhausted", limits.lockoutMs]);
  here.check("10.0.0.2:1");
  clock.advance(limits.lockoutMs);
  there.check("10.0.0.1:4");
});

Deno.test("attempts that other threads check count too, and are waited for", async () => {
  const { a, b } = threads();
  const [here, there] = [new PeerLimit(a, 1), new PeerLimit(b, 1)];
  const end = await here.begin("10.0.0.1:1");
  const waits = there.begin("10.0.0.1:2");
  end(false);
  (await waits)(true);
  await assertRejects(() => here.begin("10.0.0.1:3"), DariError);
});

Deno.test("the attempts of a thread that died are given back, and its failures stay", () => {
  const { main, a } = threads();
  assertEquals([a.begin("h", 2), a.begin("h", 2), a.begin("h", 2)], [true, true, false]);
  a.end("h", true);
  assertEquals(main.begin("h", 2), false);
  main.forget(1);
  assertEquals([main.begin("h", 2), main.failuresOf("h").failures], [true, 1]);
});

Deno.test("ThreadPeerCounts goes on counting when very many peers have failed", () => {
  const { a, clock } = threads();
  for (let n = 0; n < 4 * limits.maxPeersCounted; n++) {
    a.begin(`host-${n}`, 1);
    a.end(`host-${n}`, true);
    assertEquals(a.failuresOf(`host-${n}`).failures, 1);
  }
  clock.advance(2 * limits.lockoutMs);
  assertEquals(a.begin("host-1", 1), true);
});
