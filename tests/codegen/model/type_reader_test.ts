import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type NamedType, someType, type Type } from "../../../lib/codegen/model/model.ts";
import { TypeReader } from "../../../lib/codegen/model/type_reader.ts";
import { breakAliasCircles } from "../../../lib/codegen/model/union.ts";

const document = {
  components: {
    schemas: {
      Json: {
        anyOf: [
          { type: ["string", "number", "boolean", "null"] },
          { type: "array", items: { $ref: "#/components/schemas/Json" } },
          { type: "object", additionalProperties: { $ref: "#/components/schemas/Json" } },
        ],
      },
      Node: {
        type: "object",
        properties: {
          value: { type: "string" },
          next: { anyOf: [{ $ref: "#/components/schemas/Node" }, { type: "null" }] },
        },
        required: ["value"],
      },
      A: { anyOf: [{ $ref: "#/components/schemas/B" }, { type: "string" }] },
      B: { anyOf: [{ $ref: "#/components/schemas/A" }, { type: "null" }] },
      Loop: { $ref: "#/components/schemas/Loop" },
    },
  },
};

/** A type as text: names of types, and what the names stand for where they are met first. */
function shown(type: Type, seen = new Set<NamedType>()): string {
  switch (type.kind) {
    case "literals":
      return type.values.map((value) => JSON.stringify(value)).join("|");
    case "array":
      return `${shown(type.items, seen)}[]`;
    case "tuple": {
      const rest = type.rest === undefined ? "" : ` ...${shown(type.rest, seen)}`;
      return `[${type.items.map((item) => shown(item, seen)).join(" ")}${rest}]`;
    }
    case "record":
      return `{*: ${shown(type.values, seen)}}`;
    case "union":
      return `(${type.members.map((member) => shown(member, seen)).join(" or ")})`;
    case "named": {
      const { hint, body } = type.type;
      if (seen.has(type.type)) return hint;
      seen.add(type.type);
      if (body.kind === "alias") return `${hint} = ${shown(body.type, seen)}`;
      const fields = body.fields.map((field) =>
        `${field.name}${field.isOptional ? "?" : ""}: ${shown(field.type, seen)}`
      );
      const others = body.others === undefined ? [] : [`*: ${shown(body.others, seen)}`];
      return `${hint}{${[...fields, ...others].join(", ")}}`;
    }
    default:
      return type.kind;
  }
}

function read(schema: unknown): string {
  const reader = new TypeReader(document);
  const type = reader.read(schema, "it");
  breakAliasCircles(reader.types);
  return shown(type);
}

const text = { type: "string" };
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

const rows: readonly [schema: unknown, type: string][] = [
  [true, "any"],
  [false, "never"],
  [undefined, "any"],
  [7, "any"],
  [{}, "any"],
  [{ type: "wormhole" }, "any"],
  [text, "string"],
  [{ type: "integer" }, "integer"],
  [{ type: ["string", "null"] }, "(string or null)"],
  [{ type: ["null", "integer", "string"] }, "(integer or string or null)"],
  [{ ...text, nullable: true }, "(string or null)"],
  [{ ...text, format: "date-time" }, "date"],
  [{ format: "date-time" }, "date"],
  [{ ...text, format: "uuid" }, "string"],
  [{ ...text, contentEncoding: "base64" }, "bytes"],
  [{ const: 7 }, "7"],
  [{ const: null }, "null"],
  [{ const: {} }, "any"],
  [{ enum: ["a", "b"] }, 'it = "a"|"b"'],
  [{ enum: ["a"] }, '"a"'],
  [{ enum: [1, "a", null] }, '(1|"a" or null)'],
  [{ enum: [] }, "never"],
  [{ enum: [[1]] }, "any"],
  [{ type: "array" }, "any[]"],
  [{ items: text }, "string[]"],
  [{ type: "array", items: [text, { type: "null" }], additionalItems: false }, "[string null]"],
  [{ type: "array", prefixItems: [text], items: { type: "number" } }, "[string ...number]"],
  [{ type: "array", items: [text, text], minItems: 2 }, "[string string]"],
  [{ type: "object" }, "{*: any}"],
  [{ type: "object", additionalProperties: text }, "{*: string}"],
  [
    { type: "object", patternProperties: { "^a": text, "^b": { type: "null" } } },
    "{*: (string or null)}",
  ],
  [{ properties: { a: text, b: text }, required: ["b"] }, "it{a?: string, b: string}"],
  [{ properties: { a: text }, additionalProperties: text }, "it{a?: string, *: string}"],
  [{ properties: { a: text }, additionalProperties: false }, "it{a?: string}"],
  [{ title: "Cup", properties: { a: text } }, "Cup{a?: string}"],
  [{ anyOf: [text, { type: "number" }, text] }, "(string or number)"],
  [{ oneOf: [text, {}] }, "any"],
  [{ type: "object", properties: { a: text }, anyOf: [{ required: ["a"] }] }, "it{a?: string}"],
  [{ allOf: [text, { minLength: 1 }] }, "string"],
  [
    { allOf: [{ properties: { a: text }, required: ["a"] }, { properties: { b: text } }] },
    "it{a: string, b?: string}",
  ],
  [
    { oneOf: [{ properties: { kind: { const: "x" } } }, { type: "null" }] },
    '(it x{kind?: "x"} or null)',
  ],
  [ref("Json"), "Json = (string or number or boolean or Json[] or {*: Json} or null)"],
  [ref("Node"), "Node{value: string, next?: (Node or null)}"],
  [{ properties: { me: { $ref: "#" } } }, "it{me?: it}"],
  [{ $ref: "#/$defs/X", $defs: { X: { type: "integer" } } }, "X = integer"],
  [
    { $ref: "#/definitions/__schema0", definitions: { __schema0: { properties: { a: text } } } },
    "it{a?: string}",
  ],
  [ref("A"), "A = (B = any or string)"],
  [ref("Loop"), "any"],
  [ref("None"), "any"],
  [{ $ref: "#/__proto__" }, "any"],
  [{ $ref: "https://a.example/schema" }, "any"],
];

for (const [schema, type] of rows) {
  Deno.test(`TypeReader reads ${JSON.stringify(schema)} as ${type}`, () => {
    assertEquals(read(schema), type);
  });
}

Deno.test("TypeReader makes one type of schemas of one title and one text, and two of others", () => {
  const reader = new TypeReader({});
  const cup = { title: "Cup", properties: { a: text } };
  const types = [cup, { ...cup }, { ...cup, required: ["a"] }].map((schema, at) =>
    reader.read(schema, `it${at}`)
  );
  assertEquals(types[0], types[1]);
  assertEquals(reader.types.length, 2);
});

Deno.test("TypeReader follows references however far they lead", () => {
  const schemas = Object.fromEntries(Array.from({ length: 3_000 }, (_, at) => [
    `S${at}`,
    { properties: { next: ref(`S${at + 1}`) }, required: ["next"] },
  ]));
  const reader = new TypeReader({ components: { schemas: { ...schemas, S3000: text } } });
  const type = reader.read(ref("S0"), "it");
  assertEquals(reader.types.length, 3_001);
  assertEquals(reader.types.at(-1)?.body, { kind: "alias", type: { kind: "string" } });
  assertEquals(someType(type, ({ kind }) => kind === "string"), true);
  assertEquals(someType(type, ({ kind }) => kind === "date"), false);
});

Deno.test("TypeReader reads whatever JSON a stranger calls a schema, also very deep", () => {
  fc.assert(fc.property(fc.jsonValue(), (schema) => {
    read(schema);
  }));
  let deep: unknown = text;
  for (let level = 0; level < 2_000; level++) deep = { items: deep };
  assertEquals(read(deep).startsWith("any"), true);
});
