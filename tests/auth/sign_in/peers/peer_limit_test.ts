import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { LocalPeerCounts } from "../../../../lib/auth/sign_in/peers/peer_counts.ts";
import { PeerLimit } from "../../../../lib/auth/sign_in/peers/peer_limit.ts";
import { DariError } from "../../../../lib/base/errors.ts";
import { limits } from "../../../../lib/base/limits.ts";
import { TestClock } from "../../../support/clock.ts";

async function fail(limit: PeerLimit, address: string): Promise<void> {
  const end = await limit.begin(address);
  end(true);
}

Deno.test("PeerLimit counts an IPv6 network as one peer, and an IPv4 host in its IPv6 form", async () => {
  const limit = new PeerLimit(new LocalPeerCounts(new TestClock()), 2);
  const allowed = async (address: string) => {
    try {
      limit.check(address);
    } catch (error) {
      assert(error instanceof DariError && (error.retryAfterMs ?? 0) > 0);
      return false;
    }
    await fail(limit, address);
    return true;
  };
  assert(await allowed("[2001:db8::1]:1") && await allowed("[2001:db8::ffff:2]:2"));
  assertEquals(await allowed("[2001:db8:0:0:9::3]:3"), false);
  assert(await allowed("[2001:db8:0:1::1]:1"));
  // How a listener on [::] writes the addresses of IPv4 clients.
  assert(await allowed("[::ffff:10.0.0.1]:1") && await allowed("10.0.0.1:2"));
  assertEquals(await allowed("[::ffff:a00:1]:3"), false);
  assert(await allowed("[::ffff:10.0.0.2]:1") && await allowed("[::1]:1"));
});

Deno.test("PeerLimit forgets the failures of a peer after five minutes", async () => {
  const clock = new TestClock();
  const limit = new PeerLimit(new LocalPeerCounts(clock), 1);
  await fail(limit, "10.0.0.1:1");
  clock.advance(299_000);
  const error = assertThrows(() => limit.check("10.0.0.1:2"), DariError);
  assertEquals([error.code, error.retryAfterMs], ["resource_exhausted", 1_000]);
  clock.advance(1_000);
  limit.check("10.0.0.1:2");
});

Deno.test("PeerLimit keeps the count of a peer that comes back among very many others", async () => {
  const limit = new PeerLimit(new LocalPeerCounts(new TestClock()), 2);
  await fail(limit, "10.0.0.1:1");
  for (let i = 0; i < 2 * limits.maxPeersCounted; i++) {
    await fail(limit, `host-${i}.example.com:1`);
    if (i % 1_000 === 0) limit.check("10.0.0.1:1");
  }
  await fail(limit, "10.0.0.1:1");
  assertThrows(() => limit.check("10.0.0.1:1"), DariError);
});

Deno.test("PeerLimit lets only as many attempts of a peer begin at once as it may still fail", async () => {
  const limit = new PeerLimit(new LocalPeerCounts(new TestClock()), 3);
  await fail(limit, "10.0.0.1:1");
  const [first, second] = [await limit.begin("10.0.0.1:1"), await limit.begin("10.0.0.1:2")];
  let began = 0;
  const waiting = [3, 4].map((port) =>
    limit.begin(`10.0.0.1:${port}`).then((end) => (began++, end))
  );
  // Another peer does not wait for them.
  (await limit.begin("10.0.0.2:1"))(false);
  assertEquals(began, 0);
  first(false);
  (await waiting[0])?.(true);
  assertEquals(began, 1);
  second(true);
  const error = await assertRejects(async () => await waiting[1], DariError);
  assertEquals(error.code, "resource_exhausted");
});

Deno.test("PeerLimit refuses all attempts that wait, once the last one allowed has failed", async () => {
  const limit = new PeerLimit(new LocalPeerCounts(new TestClock()), 1);
  const end = await limit.begin("10.0.0.1:1");
  const waiting = Array.from({ length: 10 }, () => limit.begin("10.0.0.1:1"));
  end(true);
  const outcomes = await Promise.allSettled(waiting);
  assertEquals(outcomes.filter(({ status }) => status === "rejected").length, 10);
});

Deno.test("an attempt that leaves PeerLimit's line holds up nobody", async () => {
  const limit = new PeerLimit(new LocalPeerCounts(new TestClock()), 1);
  const end = await limit.begin("10.0.0.1:1");
  const leaving = new AbortController();
  const left = assertRejects(() => limit.begin("10.0.0.1:2", leaving), Error, "gone");
  const stays = limit.begin("10.0.0.1:3");
  leaving.abort(new Error("gone"));
  await left;
  end(false);
  (await stays)(false);
  (await limit.begin("10.0.0.1:4"))(false);
});
