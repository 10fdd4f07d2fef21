import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { createHash } from "node:crypto"; // a second opinion
import { limits } from "../../../lib/base/limits.ts";
import { BatchChance } from "../../../lib/messages/replicated/batch_chance.ts";

const seed = new Uint8Array(limits.batchSeedBytes).fill(7);

Deno.test("the same seed gives the same chance, another one another", () => {
  const draw = (from: Uint8Array) => {
    const { random, randomBytes } = new BatchChance(from);
    return [random(), randomBytes(12), random(), randomBytes(100)];
  };
  assertEquals(draw(seed), draw(seed.slice()));
  assertNotEquals(draw(seed), draw(seed.with(0, 8)));
});

Deno.test("its bytes are those of SHA-256 over the seed and a count", () => {
  const hash = (count: number) =>
    createHash("sha256").update(seed).update(new Uint8Array([0, 0, 0, count])).digest();
  const bytes = new BatchChance(seed).randomBytes(50);
  assertEquals(bytes, new Uint8Array([...hash(0), ...hash(1)].slice(0, 50)));
});

Deno.test("random() stays from 0 to 1 and goes everywhere between", () => {
  const { random } = new BatchChance(seed);
  const drawn = Array.from({ length: 1_000 }, random);
  assert(drawn.every((each) => each >= 0 && each <= 1));
  assert(Math.min(...drawn) < 0.05 && Math.max(...drawn) > 0.95);
});

Deno.test("batchSeedBytes is the length of a seed, and no other one is taken", () => {
  for (const length of [limits.batchSeedBytes - 1, limits.batchSeedBytes + 1]) {
    assertThrows(() => new BatchChance(new Uint8Array(length)), RangeError);
  }
});
