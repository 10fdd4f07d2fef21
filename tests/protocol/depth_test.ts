import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { nestsDeeperThan } from "../../lib/protocol/depth.ts";

const deeper = (text: string, maxDepth: number): boolean =>
  nestsDeeperThan(text, JSON.parse(text), maxDepth);

const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

Deno.test("nestsDeeperThan() counts arrays and objects, and no plain value", () => {
  assertEquals(deeper(nested(3), 3), false);
  assertEquals(deeper(nested(4), 3), true);
  assertEquals(deeper('{"a":{"b":[1]}}', 3), false);
  assertEquals(deeper('{"a":{"b":[{}]}}', 3), true);
  assertEquals(deeper("1234567890", 1), false);
});

Deno.test("nestsDeeperThan() is not misled by many openers side by side, or inside text", () => {
  assertEquals(deeper(`[${"[],".repeat(100)}[]]`, 2), false);
  assertEquals(deeper(JSON.stringify({ text: "[{".repeat(100) }), 1), false);
});

Deno.test("nestsDeeperThan() finds the one deep value among many flat ones", () => {
  assertEquals(deeper(`[${"[],".repeat(100)}${nested(5)}]`, 5), true);
});

Deno.test("nestsDeeperThan() agrees with counting level by level", () => {
  const levelsOf = (value: unknown): number =>
    typeof value !== "object" || value === null
      ? 0
      : 1 + Math.max(0, ...Object.values(value).map(levelsOf));
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), fc.integer({ min: 1, max: 8 }), (value, max) => {
      const text = JSON.stringify(value);
      assert(
        nestsDeeperThan(text, JSON.parse(text), max) === (levelsOf(JSON.parse(text)) > max),
        text,
      );
    }),
  );
});
