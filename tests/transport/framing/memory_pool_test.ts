import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { borrow, borrowExactly, giveBack } from "../../../lib/transport/framing/memory_pool.ts";

const MiB = 1024 * 1024;

Deno.test("borrow() gives memory of at least the length, in one of few sizes", () => {
  for (const minBytes of [0, 1, 64 * 1024, 64 * 1024 + 1, MiB, 4 * MiB, 4 * MiB + 1]) {
    assert(borrow(minBytes).length >= minBytes);
  }
  assertEquals(borrow(4 * MiB + 1).length, 4 * MiB + 1);
});

Deno.test("giveBack() lends the same memory to the next borrower, and to one alone", () => {
  const memory = borrow(2 * MiB);
  giveBack(memory);
  const again = borrow(3 * MiB);
  assertStrictEquals(again, memory);
  assert(borrow(2 * MiB) !== again);
});

Deno.test("giveBack() keeps few of a size, and none of another size", () => {
  const many = Array.from({ length: 5 }, () => borrow(4 * MiB));
  many.forEach(giveBack);
  const kept = many.map(() => borrow(4 * MiB)).filter((memory) => many.includes(memory));
  assertEquals(kept.length, 2);
  const odd = new Uint8Array(4 * MiB + 1);
  giveBack(odd);
  assert(borrow(4 * MiB + 1) !== odd);
});

Deno.test("borrow() lends short memory for short lines, and keeps maxTinyBuffersKept of it", () => {
  const { tinyBufferBytes: bytes, maxTinyBuffersKept: kept } = limits;
  assertEquals([borrow(bytes).length, borrow(bytes + 1).length], [bytes, limits.smallBufferBytes]);
  const all = Array.from({ length: kept + 1 }, () => borrow(1));
  all.forEach(giveBack);
  const again = all.map(() => borrow(1));
  assertEquals(again.filter((memory) => all.includes(memory)).length, kept);
});

Deno.test("borrowExactly() gives memory of just that length, that of an ended connection where there is some", () => {
  const { socketInitialReadBytes: length, maxReadBuffersKept: kept } = limits;
  const all = Array.from({ length: kept + 1 }, () => borrowExactly(length));
  assertEquals(new Set(all.map((memory) => memory.length)), new Set([length]));
  all.forEach(giveBack);
  const again = all.map(() => borrowExactly(length));
  assertEquals(again.filter((memory) => all.includes(memory)).length, kept);
  assertEquals(borrowExactly(7).length, 7);
  again.forEach(giveBack);
});
