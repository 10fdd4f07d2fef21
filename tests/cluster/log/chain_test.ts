import { assertEquals, assertNotEquals } from "@std/assert";
import { Chain } from "../../../lib/cluster/log/chain.ts";

/** A message by its tag, and the point that it says, if any. */
const message = (tag: number, point?: Chain["point"]) => ({
  tag: new Uint8Array(16).fill(tag),
  ...(point && { point }),
});

/** A chain that has taken messages with these tags. */
function chainOf(...tags: number[]): Chain {
  const chain = new Chain();
  for (const tag of tags) chain.take(message(tag), chain.taken + 1);
  return chain;
}

Deno.test("a point is right at all that have read the same, and at nobody who has read something else", () => {
  const { point } = chainOf(1, 2);
  assertEquals(chainOf(1, 2).judge(point), "right");
  assertEquals(chainOf(1, 2, 3, 4).judge(point), "right");
  assertEquals(chainOf(1, 3).judge(point), "astray");
  assertEquals(chainOf(3, 2).judge(point), "astray"); // the last message alone says too little
  assertEquals(chainOf(1).judge(point), "astray"); // there is no such message
});

Deno.test("the same message under another number is another log", () => {
  const [one, other] = [new Chain(), new Chain()];
  one.take(message(1), 1);
  other.take(message(1), 2);
  assertNotEquals(one.point.digest, other.point.digest);
});

Deno.test("every message has to say its point once one has", () => {
  const chain = chainOf(1);
  assertEquals(chain.judge(undefined), "right");
  chain.take(message(2, chain.point), 2);
  assertEquals([chain.isInForce, chain.judge(undefined)], [true, "late"]);
});

Deno.test("what was decided before a cut is late at those who went on as at those who begin there", () => {
  const chain = chainOf(1);
  const before = chain.point;
  chain.take(message(2, before), 2);
  const at = chain.point;
  chain.cut();
  const begun = new Chain({
    taken: at.taken,
    digests: new BigUint64Array([at.digest]),
    isInForce: true,
  });
  for (const each of [chain, begun]) {
    assertEquals([before, at].map((point) => each.judge(point)), ["late", "right"]);
    each.take(message(3), 3);
  }
  assertEquals(begun.point, chain.point);
});

Deno.test("while messages need not say points, a snapshot says no digest and the chain begins with it", () => {
  const [chain, begun] = [
    chainOf(1, 2),
    new Chain({
      taken: 2,
      digests: new BigUint64Array(1),
      isInForce: false,
    }),
  ];
  chain.cut();
  assertEquals(begun.point, chain.point);
});

Deno.test("since() gives what was not given before, and all of it behind a cut", () => {
  const chain = chainOf(1, 2, 3);
  assertEquals([...chain.since(2)], [chain.point.digest]);
  assertEquals([chain.since(3).length, chain.since(-1).length], [0, 4]);
  const again = new Chain({ taken: 0, digests: chain.since(-1), isInForce: false });
  assertEquals(again.point, chain.point);
  chain.cut();
  assertEquals(chain.since(-1).length, 1);
});
