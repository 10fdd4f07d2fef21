import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { TokenBuckets } from "../../lib/base/token_buckets.ts";

Deno.test("a bucket begins full, empties, and says when the next token is there", () => {
  const buckets = new TokenBuckets<string>({ perSecond: 4, burst: 3 }, 10);
  for (let n = 0; n < 3; n++) {
    assertEquals(buckets.waitMs("alice", 0), 0);
    buckets.take("alice", 0);
  }
  assertEquals(buckets.waitMs("alice", 0), 250);
  assertEquals(buckets.waitMs("alice", 249), 1);
  assertEquals(buckets.waitMs("alice", 250), 0);
  assertEquals(buckets.waitMs("bob", 0), 0);
});

Deno.test("a bucket that nobody used for long holds no more than its burst", () => {
  const buckets = new TokenBuckets<string>({ perSecond: 1, burst: 2 }, 10);
  buckets.take("alice", 0);
  for (let n = 0; n < 2; n++) buckets.take("alice", 1_000_000);
  assertEquals(buckets.waitMs("alice", 1_000_000), 1_000);
});

Deno.test("over any time, calls that wait as they are told make at most the burst and the rate", () => {
  const pauses = fc.array(fc.double({ min: 0, max: 400, noNaN: true }), { maxLength: 200 });
  fc.assert(fc.property(fc.integer({ min: 1, max: 5 }), pauses, (burst, given) => {
    const buckets = new TokenBuckets<string>({ perSecond: 10, burst }, 10);
    let now = 0;
    let taken = 0;
    for (const pause of given) {
      now += pause;
      if (buckets.waitMs("alice", now) > 0) continue;
      buckets.take("alice", now);
      taken++;
      assert(taken <= burst + now / 100 + 1e-6);
    }
    now += buckets.waitMs("alice", now);
    assert(buckets.waitMs("alice", now) < 1e-6);
  }));
});

Deno.test("the keys that were not used for longest are forgotten first", () => {
  const buckets = new TokenBuckets<number>({ perSecond: 1, burst: 1 }, 4);
  for (let key = 0; key < 6; key++) buckets.take(key, 0);
  assertEquals([buckets.waitMs(0, 0), buckets.waitMs(5, 0)], [0, 1_000]);
});
