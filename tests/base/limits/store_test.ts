import { assert, assertEquals, assertLess } from "@std/assert";
import { storeLimits } from "../../../lib/base/limits/store.ts";

Deno.test("storeLimits remember a removal for many looks of a watcher in another process", () => {
  assert(storeLimits.storeTombstoneMs / storeLimits.storePollMs > 100);
});

Deno.test("storeLimits let a watcher hear of another process's change within a second", () => {
  assertLess<number>(storeLimits.storePollMs, 1_000);
});

Deno.test("storeLimits know the longest delay of a timer: 31 bits of milliseconds", () => {
  assertEquals(storeLimits.maxTimerMs, 2_147_483_647);
});
