import { assertEquals, assertThrows } from "@std/assert";
import { misfitOf } from "../../lib/conformance/pattern.ts";

const rows: readonly [value: unknown, pattern: unknown, misfit: string | undefined][] = [
  [1, 1, undefined],
  [1, "1", 'message is 1, wanted "1"'],
  [null, null, undefined],
  [undefined, null, "message is absent, wanted null"],
  [{ a: 1, b: 2 }, { a: 1 }, undefined],
  [{ a: 1 }, { a: 1, b: 2 }, "message.b is absent, wanted 2"],
  [[1, 2], [1, 2], undefined],
  [[1, 2], [1], "message has 2 elements, wanted 1"],
  [{ a: [1, { b: 2 }] }, { a: [1, { b: 3 }] }, "message.a[1].b is 2, wanted 3"],
  [[], {}, "message is [], wanted an object"],
  [{}, [], "message is {}, wanted an array"],
  ["x", { $is: "string" }, undefined],
  [null, { $is: "object" }, "message is null, wanted a value of type object"],
  [[], { $is: "array" }, undefined],
  [2, { $in: [1, 2] }, undefined],
  [3, { $in: [1, 2] }, "message is 3, wanted one of [1,2]"],
  [{}, { a: { $absent: true } }, undefined],
  [{ a: null }, { a: { $absent: true } }, "message.a is there: null"],
  ["abc", { $matches: "^a" }, undefined],
  ["abc", { $matches: "^b" }, 'message is "abc", wanted text that matches ^b'],
  [[7, 7], [{ $save: "n" }, { $same: "n" }], undefined],
  [[7, 8], [{ $save: "n" }, { $same: "n" }], "message[1] is 8, wanted 7"],
  [[2, 1], { $unordered: [1, 2] }, undefined],
  [[1, 1], { $unordered: [1, 2] }, "message has no element that fits 2"],
  [[1], { $unordered: [1, 2] }, "message is [1], wanted 2 elements"],
];

for (const [value, pattern, misfit] of rows) {
  Deno.test(`misfitOf(${JSON.stringify(value)}, ${JSON.stringify(pattern)})`, () => {
    assertEquals(misfitOf(value, pattern), misfit);
  });
}

Deno.test("misfitOf() looks at a value's own members alone", () => {
  assertEquals(misfitOf({}, { constructor: { $absent: true } }), undefined);
});

Deno.test("misfitOf() refuses a pattern that does not exist", () => {
  assertThrows(() => misfitOf(1, { $any: 1 }), TypeError, "$any");
});

Deno.test("misfitOf() keeps what $save stands for", () => {
  const saved = new Map<string, unknown>();
  const pattern = { id: { $save: "call" }, params: [{ $save: "first" }, 2] };
  assertEquals(misfitOf({ id: 7, params: [{ a: 1 }, 2] }, pattern, "message", saved), undefined);
  assertEquals([...saved], [["call", 7], ["first", { a: 1 }]]);
});
