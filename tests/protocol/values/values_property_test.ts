import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { jsonOf } from "../../../lib/protocol/json.ts";
import { fillPlain } from "../../../lib/protocol/values/mod.ts";
import { anyValue, arrived, sameValue, written } from "../../support/values.ts";

Deno.test("any nesting of all types arrives as what it was", () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      assert(sameValue(arrived(value), value));
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("a peer that reads JSON alone gets the same text, whether its sender knew that or not", () => {
  fc.assert(fc.property(anyValue.filter((value) => value !== undefined), (value) => {
    const sent = written(value);
    const plain = typeof sent === "string" ? sent : fillPlain(sent);
    const json = jsonOf(value, "value");
    assert(typeof json === "string");
    // A number -0 is the same number to those who read JSON alone.
    assertEquals(JSON.stringify(JSON.parse(plain)), JSON.stringify(JSON.parse(json)));
  }));
});

/** What other formats use as marks, and what this one uses. */
const envelopes: readonly unknown[] = [
  { types: { "": "date" }, value: "2026-01-01T00:00:00.000Z" },
  { params: { a: "1" }, types: { "/a": "bigint" } },
  { $date: "2026-01-01T00:00:00.000Z" },
  { $type: "bigint", value: "1" },
  { "@type": "Map", value: [] },
  { __type: "Date" },
  { json: "1", meta: { values: ["bigint"] } },
  { type: "Buffer", data: [1] },
  ["date", "2026-01-01T00:00:00.000Z"],
  [["a", 1]],
  { stream: 0 },
  { stream: 0, size: 1, name: "a" },
  { name: "Error", message: "no" },
  { "": { "/": { "~": { "~1": "NaN" } } } },
  JSON.parse('{"__proto__":{"types":{"":"date"}}}'),
  { constructor: "x", toString: null, hasOwnProperty: 0 },
  "NaN",
  "2026-01-01T00:00:00.000Z",
];

Deno.test("user data that looks like an envelope arrives untouched", () => {
  for (const value of envelopes) {
    // A date beside it makes the message one with types.
    for (const around of [value, [value, new Date(0)], { "/0": value, "~": 1n }]) {
      assertEquals(arrived(around), around);
    }
  }
  const data = fc.jsonValue().chain((value) =>
    fc.constantFrom(value, { types: value }, [value, "date"])
  );
  fc.assert(fc.property(data, (value) => {
    assert(sameValue(arrived([value, 1n]), [value, 1n]));
  }));
});
