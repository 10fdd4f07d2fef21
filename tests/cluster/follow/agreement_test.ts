import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { Agreement } from "../../../lib/cluster/follow/agreement.ts";

const pointAt = (taken: number) => ({ taken, digest: 0n });

Deno.test("one who says another log leaves it open, until somebody who is as far says this one", () => {
  const agreement = new Agreement();
  agreement.hear(pointAt(5), true, 0);
  assertEquals(agreement.isOpen, false);
  agreement.hear(pointAt(7), false, 0);
  agreement.hear(pointAt(6), true, 1); // what it has read may be the same in both
  assertEquals(agreement.isOpen, true);
  agreement.hear(pointAt(7), true, 1);
  assertEquals(agreement.isOpen, false);
});

Deno.test("this server is lost where nobody says its log for storeFollowAgainMs", () => {
  const agreement = new Agreement();
  assertEquals(agreement.isLost(Infinity), false);
  agreement.hear(pointAt(7), false, 100);
  agreement.hear(pointAt(8), false, 500);
  assertEquals(agreement.isLost(99 + limits.storeFollowAgainMs), false);
  assertEquals(agreement.isLost(100 + limits.storeFollowAgainMs), true);
  agreement.forget();
  assertEquals(agreement.isLost(Infinity), false);
});
