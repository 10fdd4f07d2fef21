import { assertEquals } from "@std/assert";
import Ajv from "ajv";
import fc from "fast-check";
import { limits } from "../../../lib/base/limits.ts";
import { findNarrowings } from "../../../lib/protocol/compatibility/schema.ts";
import type { JsonSchema } from "../../../lib/protocol/openrpc.ts";

const line = (found: ReturnType<typeof findNarrowings>) =>
  found.map(({ path, narrower }) => `${path}: ${narrower}`);

const person = {
  type: "object",
  properties: { name: { type: "string" }, age: { type: "number", minimum: 0 } },
  required: ["name"],
};

const cases: readonly [string, JsonSchema, JsonSchema, string[]][] = [
  ["the same schema", person, person, []],
  ["anything", person, true, []],
  ["annotations alone", { type: "string" }, { description: "text", title: "T" }, []],
  ["another type", { type: "string" }, { type: "number" }, [": string is no longer admitted"]],
  ["fewer types", { type: ["string", "null"] }, { type: "string" }, [
    ": null is no longer admitted",
  ]],
  ["a type where there was none", true, { type: "object" }, [
    ": null, boolean, number, string, array is no longer admitted",
  ]],
  ["an integer where numbers came", { type: "number" }, { type: "integer" }, [
    ": number is no longer admitted",
  ]],
  ["a number where integers came", { type: "integer" }, { type: "number" }, []],
  ["a member that is required now", person, { ...person, required: ["name", "age"] }, [
    "age: the member is required now",
  ]],
  [
    "members that are closed now",
    { type: "object", properties: { a: true, b: true } },
    { type: "object", properties: { a: true }, additionalProperties: false },
    ["b: the member is no longer admitted", ": a member that is not named is no longer admitted"],
  ],
  ["a value less", { enum: ["a", "b"] }, { enum: ["a"] }, [
    ': the value "b" is no longer admitted',
  ]],
  ["a constant", { type: "string" }, { const: "a" }, [
    ': a value beside "a" is no longer admitted',
  ]],
  ["a tighter bound", { type: "number", maximum: 9 }, { type: "number", maximum: 5 }, [
    ": maximum is 5 now, it was 9",
  ]],
  ["a wider bound", { type: "number", maximum: 5 }, { type: "number", maximum: 9 }, []],
  ["a bound that is new", { type: "array" }, { type: "array", minItems: 1 }, [
    ": minItems is 1 now",
  ]],
  ["a pattern that is new", { type: "string" }, { type: "string", pattern: "^a" }, [
    ': pattern is "^a" now',
  ]],
  ["items", { type: "array", items: { type: "string" } }, {
    type: "array",
    items: { type: "boolean" },
  }, ["[]: string is no longer admitted"]],
  ["a place of a tuple", { items: [true, { type: "string" }] }, {
    items: [true, { type: "number" }],
  }, ["[1]: string is no longer admitted"]],
  ["an alternative less", { anyOf: [{ type: "string" }, { type: "null" }] }, { type: "string" }, [
    ": null is no longer admitted",
  ]],
  [
    "an alternative more",
    { type: "string" },
    { anyOf: [{ type: "null" }, { type: "string" }] },
    [],
  ],
  ["nothing at all", { type: "string" }, false, [": nothing is admitted any more"]],
];

for (const [name, from, to, expected] of cases) {
  Deno.test(`findNarrowings() for ${name}`, () => {
    assertEquals(line(findNarrowings(from, to)), expected);
  });
}

Deno.test("findNarrowings() follows references, also into themselves", () => {
  const tree = (leaf: JsonSchema) => ({
    $ref: "#/definitions/node",
    definitions: {
      node: {
        type: "object",
        properties: { value: leaf, children: { items: { $ref: "#/definitions/node" } } },
      },
    },
  });
  const [text, number] = [tree({ type: "string" }), tree({ type: "number" })];
  assertEquals(findNarrowings(text, text), []);
  assertEquals(line(findNarrowings(text, number)), ["value: string is no longer admitted"]);
});

Deno.test("findNarrowings() takes a reference that leads nowhere for anything, and ends on a circle", () => {
  assertEquals(findNarrowings({ type: "string" }, { $ref: "#/gone" }), []);
  const circle = { $ref: "#" };
  assertEquals(findNarrowings(circle, circle), []);
});

const schema: fc.Arbitrary<JsonSchema> = fc.letrec<{ schema: JsonSchema }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    fc.constant(true),
    fc.constantFrom("string", "number", "boolean", "null").map((type) => ({ type })),
    fc.record({ type: fc.constant("number"), minimum: fc.integer({ min: -3, max: 3 }) }),
    fc.subarray([1, "a", null, true], { minLength: 1 }).map((values) => ({ enum: values })),
    tie("schema").map((items) => ({ type: "array", items })),
    fc.tuple(tie("schema"), fc.boolean(), fc.boolean()).map(([a, isRequired, isClosed]) => ({
      type: "object",
      properties: { a },
      ...(isRequired ? { required: ["a"] } : {}),
      ...(isClosed ? { additionalProperties: false } : {}),
    })),
    fc.array(tie("schema"), { minLength: 1, maxLength: 2 }).map((anyOf) => ({ anyOf })),
  ),
})).schema;

const value = fc.oneof(
  fc.constantFrom<unknown>(1, -5, "a", "b", null, true, false, [], [1], ["a"], {}),
  fc.constantFrom<unknown>({ a: 1 }, { a: "a" }, { a: [null] }, { b: 1 }, { a: { a: 1 } }, [[1]]),
);

Deno.test("no value that one schema admits is refused by another that is no narrower", () => {
  const ajv = new Ajv.default({ strict: false });
  fc.assert(
    fc.property(schema, schema, fc.array(value), (from, to, values) => {
      if (findNarrowings(from, to).length > 0) return;
      const [before, after] = [ajv.compile(from), ajv.compile(to)];
      for (const one of values) if (before(one)) assertEquals(after(one), true);
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("findNarrowings() looks as deep as limits.maxSchemaDepth, and no deeper", () => {
  const nested = (levels: number, type: string): JsonSchema =>
    levels === 0 ? { type } : { type: "array", items: nested(levels - 1, type) };
  for (const [more, found] of [[0, 1], [1, 0]] as const) {
    const levels = limits.maxSchemaDepth + more;
    assertEquals(findNarrowings(nested(levels, "string"), nested(levels, "number")).length, found);
  }
});
