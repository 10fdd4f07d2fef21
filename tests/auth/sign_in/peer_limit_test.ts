import { assert, assertEquals, assertThrows } from "@std/assert";
import { PeerLimit } from "../../../lib/auth/sign_in/peer_limit.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { TestClock } from "../../support/clock.ts";

Deno.test("PeerLimit counts an IPv6 network as one peer, and an IPv4 host in its IPv6 form", () => {
  const limit = new PeerLimit(new TestClock(), 2);
  const allowed = (address: string) => {
    try {
      limit.check(address);
    } catch (error) {
      assert(error instanceof DariError && (error.retryAfterMs ?? 0) > 0);
      return false;
    }
    limit.failed(address);
    return true;
  };
  assert(allowed("[2001:db8::1]:1") && allowed("[2001:db8::ffff:2]:2"));
  assertEquals(allowed("[2001:db8:0:0:9::3]:3"), false);
  assert(allowed("[2001:db8:0:1::1]:1"));
  // How a listener on [::] writes the addresses of IPv4 clients.
  assert(allowed("[::ffff:10.0.0.1]:1") && allowed("10.0.0.1:2"));
  assertEquals(allowed("[::ffff:a00:1]:3"), false);
  assert(allowed("[::ffff:10.0.0.2]:1") && allowed("[::1]:1"));
});

Deno.test("PeerLimit forgets the failures of a peer after five minutes", () => {
  const clock = new TestClock();
  const limit = new PeerLimit(clock, 1);
  limit.failed("10.0.0.1:1");
  clock.advance(299_000);
  const error = assertThrows(() => limit.check("10.0.0.1:2"), DariError);
  assertEquals([error.code, error.retryAfterMs], ["resource_exhausted", 1_000]);
  clock.advance(1_000);
  limit.check("10.0.0.1:2");
});

Deno.test("PeerLimit keeps the count of a peer that comes back among very many others", () => {
  const limit = new PeerLimit(new TestClock(), 2);
  const failed = (address: string) => {
    limit.check(address);
    limit.failed(address);
  };
  failed("10.0.0.1:1");
  for (let i = 0; i < 2 * limits.maxPeersCounted; i++) {
    failed(`host-${i}.example.com:1`);
    if (i % 1_000 === 0) limit.check("10.0.0.1:1");
  }
  failed("10.0.0.1:1");
  assertThrows(() => limit.check("10.0.0.1:1"), DariError);
});
