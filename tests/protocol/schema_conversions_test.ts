import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { convertBySchema, schemaConversions } from "../../lib/protocol/schema_conversions.ts";

const DATE = { type: "string", format: "date-time" };
const BYTES = { type: "string", contentEncoding: "base64" };
const text = "2026-01-01T00:00:00Z";
const date = new Date(text);

/** What becomes of a value under a schema. */
function convert(schema: Record<string, unknown>, value: unknown): unknown {
  const conversions = schemaConversions(schema);
  return conversions === undefined ? value : convertBySchema(value, conversions);
}

/** A schema, a value, and what becomes of it. */
const rows: Record<
  string,
  readonly [schema: Record<string, unknown>, value: unknown, after: unknown]
> = {
  "the whole": [DATE, text, date],
  "a member": [{ properties: { a: DATE, b: BYTES } }, { a: text, b: "AQ==", c: text }, {
    a: date,
    b: new Uint8Array([1]),
    c: text,
  }],
  "other members": [{ properties: { a: {} }, additionalProperties: DATE }, { a: text, b: text }, {
    a: text,
    b: date,
  }],
  "elements": [{ items: DATE }, [text, 1], [date, 1]],
  "a list of items": [{ items: [{}, DATE], additionalItems: BYTES }, [text, text, "AQ=="], [
    text,
    date,
    new Uint8Array([1]),
  ]],
  "prefixItems": [{ prefixItems: [DATE] }, [text, text], [date, text]],
  "a reference": [
    { properties: { a: { $ref: "#/definitions/a~1b" } }, definitions: { "a/b": DATE } },
    { a: text },
    { a: date },
  ],
  "a reference that the schema holds": [{ properties: { at: DATE, next: { $ref: "#" } } }, {
    at: text,
    next: { next: { at: text } },
  }, { at: date, next: { next: { at: date } } }],
  "a list of itself": [
    { properties: { at: DATE, next: { type: "array", items: { $ref: "#" } } } },
    { next: [{ at: text }] },
    { next: [{ at: date }] },
  ],
  "null beside itself": [
    { properties: { next: { anyOf: [{ $ref: "#" }, { type: "null" }] }, at: DATE } },
    { next: { at: text, next: null } },
    { next: { at: date, next: null } },
  ],
  "null beside it": [{ anyOf: [{ type: "null" }, DATE] }, text, date],
  "a number beside it": [{ oneOf: [{ type: "number" }, DATE, { items: DATE, type: "array" }] }, [
    text,
  ], [date]],
  "a type of several": [{ type: ["string", "null"], format: "date-time" }, text, date],
  "allOf": [{ allOf: [{ properties: { a: DATE } }, { properties: { b: DATE } }] }, {
    a: text,
    b: text,
  }, { a: date, b: date }],
};

/** Objects that a member of each tells apart. */
const KINDS = {
  definitions: {
    at: {
      type: "object",
      properties: { kind: { const: "at" }, value: DATE },
      required: ["kind", "value"],
    },
  },
  oneOf: [
    { $ref: "#/definitions/at" },
    { type: "object", properties: { kind: { enum: ["raw"] }, value: BYTES }, required: ["kind"] },
  ],
};

Deno.test("convertBySchema() converts objects that a member tells apart, each in its own way", () => {
  assertEquals(convert(KINDS, { kind: "at", value: text }), { kind: "at", value: date });
  assertEquals(convert(KINDS, { kind: "raw", value: "AQ==" }), {
    kind: "raw",
    value: new Uint8Array([1]),
  });
  for (const kind of ["other", 7, undefined, "__proto__"]) {
    assertEquals(convert(KINDS, { kind, value: text }), { kind, value: text });
  }
});

for (const [what, [schema, value, after]] of Object.entries(rows)) {
  Deno.test(`convertBySchema() converts ${what}, and leaves the value as it was`, () => {
    const before = structuredClone(value);
    assertEquals(convert(schema, value), after);
    assertEquals(value, before);
  });
}

Deno.test("schemaConversions() finds nothing where more than one meaning is possible, or none is said", () => {
  const nothing: Record<string, unknown>[] = [
    {},
    { type: "string" },
    { type: "string", format: "date" },
    { type: "number", format: "date-time" },
    { anyOf: [DATE, { type: "string" }] },
    { anyOf: [DATE, {}] },
    { oneOf: [DATE, { const: "now" }] },
    {
      oneOf: [{ type: "object", properties: { at: DATE } }, {
        type: "object",
        properties: { at: BYTES },
      }],
    },
    { $ref: "https://a.example/schema" },
    { $ref: "#/definitions/__proto__/none" },
    { $ref: "#" },
    { properties: { $ref: DATE.type } },
  ];
  for (const schema of nothing) assertEquals(convert(schema, { at: text }), { at: text });
  for (const schema of nothing) assertEquals(convert(schema, text), text);
});

Deno.test("convertBySchema() leaves text that is no date or no base64, and what is no text", () => {
  const schema = { items: DATE };
  const items = ["yesterday", "2026-02-30T00:00:00Z", 0, null, date, { a: text }, new Map()];
  assertEquals(convert(schema, items), items);
  assertEquals(convert(BYTES, "AQ="), "AQ=");
});

Deno.test("convertBySchema() takes __proto__ as a member like any other", () => {
  const value = JSON.parse(`{"__proto__":{"polluted":"${text}"},"a":"${text}"}`);
  const after = convert({
    properties: { a: DATE },
    additionalProperties: { additionalProperties: DATE },
  }, value) as object;
  assertEquals(Object.getPrototypeOf(after), Object.prototype);
  assertEquals(Object.getOwnPropertyDescriptor(after, "__proto__")?.value, { polluted: date });
});

Deno.test("schemaConversions() throws for no schema, and converts every value under it", () => {
  const keys = fc.constantFrom(
    "properties",
    "items",
    "anyOf",
    "oneOf",
    "allOf",
    "$ref",
    "type",
    "format",
    "additionalProperties",
    "prefixItems",
    "enum",
    "const",
    "a",
  );
  const schemas = fc.letrec((tie) => ({
    schema: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom<unknown>(
        DATE,
        BYTES,
        true,
        false,
        null,
        "string",
        "#",
        "#/properties/a",
        "#/anyOf/0",
        1,
        [],
      ),
      fc.dictionary(keys, tie("schema")),
      fc.array(tie("schema"), { maxLength: 3 }),
    ),
  })).schema;
  fc.assert(
    fc.property(schemas, fc.jsonValue(), (schema, value) => {
      assert(convert(schema as Record<string, unknown>, value) !== undefined);
    }),
    { numRuns: 500 },
  );
});
