import { assertEquals, assertStrictEquals } from "@std/assert";
import { atMost } from "../../../lib/base/bytes/at_most.ts";

Deno.test("atMost() gives the first bytes, and the same view where that is all of them", () => {
  const bytes = Uint8Array.of(1, 2, 3);
  assertEquals(atMost(bytes, 2), Uint8Array.of(1, 2));
  assertStrictEquals(atMost(bytes, 2).buffer, bytes.buffer);
  assertEquals(atMost(bytes, 0).length, 0);
  assertStrictEquals(atMost(bytes, 3), bytes);
  assertStrictEquals(atMost(bytes, 4), bytes);
});
