import { assertEquals } from "@std/assert";
import { Sequence } from "../../../lib/ipc/ring/sequence.ts";

Deno.test("numbers follow each other from any beginning, also past the largest", () => {
  const sequence = new Sequence();
  assertEquals([2 ** 31 - 2, 2 ** 31 - 1, -(2 ** 31), 1 - 2 ** 31].map((n) => sequence.take(n)), [
    true,
    true,
    true,
    true,
  ]);
});

Deno.test("a number that is left out, and one that comes again, are told", () => {
  const sequence = new Sequence();
  assertEquals([5, 7, 8, 8].map((n) => sequence.take(n)), [true, false, true, false]);
});
