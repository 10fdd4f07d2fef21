import { assertEquals } from "@std/assert";
import {
  compareDocuments,
  compatibilityRules,
} from "../../../lib/protocol/compatibility/document.ts";
import type {
  ContentDescriptor,
  MethodObject,
  OpenRpcDocument,
} from "../../../lib/protocol/openrpc.ts";

const method = (changed: Partial<MethodObject> = {}): MethodObject => ({
  name: "orders.place",
  params: [param("item", { required: true }), param("count")],
  result: { name: "result", schema: { type: "string" } },
  "x-public": false,
  "x-stream": false,
  ...changed,
});
const param = (name: string, changed: Partial<ContentDescriptor> = {}): ContentDescriptor => ({
  name,
  schema: { type: "string" },
  required: false,
  ...changed,
});
const documentOf = (...methods: MethodObject[]): OpenRpcDocument => ({
  openrpc: "1.4.0",
  info: { title: "orders", version: "1.0.0" },
  methods,
});
const changesOf = (before: OpenRpcDocument, after: OpenRpcDocument) =>
  compareDocuments(before, after).map(({ rule, effect, path, message }) =>
    [rule, effect, path, message].join(" | ")
  );

const [item, count] = [param("item", { required: true }), param("count")];
const error = { code: -32_020, message: "out_of_stock", data: { type: "object" } };
const old = method({ errors: [error] });

const rows: readonly [MethodObject, string[]][] = [
  [method({ errors: [error] }), []],
  [method({ errors: [error], deprecated: true }), [
    "method_deprecated | note |  | the method is deprecated",
  ]],
  [method({ errors: [error], "x-public": true }), [
    "method_public | safe |  | the method needs no sign-in any more",
  ]],
  [method({ errors: [error], "x-admin": true }), [
    "method_needs_admin | breaks |  | the method is administrative now",
  ]],
  [method({ errors: [error], "x-idempotent": true }), [
    "method_idempotent | safe |  | the method is idempotent now",
  ]],
  [method({ errors: [error], "x-cursor": { param: "after" } }), [
    "cursor_added | safe | result | streams that were cut can go on now",
  ]],
  [method({ errors: [error], "x-stream": true }), [
    "stream_started | breaks | result | the method streams now",
  ]],
  [method({ errors: [error], params: [item] }), [
    'param_removed | breaks | params.count | the param "count" is gone',
  ]],
  [method({ errors: [error], params: [item, count, param("note")] }), [
    'param_added | safe | params.note | "note" is new',
  ]],
  [method({ errors: [error], params: [item, count, param("who", { required: true })] }), [
    'param_added_required | breaks | params.who | "who" is new and required',
  ]],
  [method({ errors: [error], params: [item, { ...count, required: true }] }), [
    'param_required | breaks | params.count | "count" is required now',
  ]],
  [method({ errors: [error], params: [{ ...item, required: false }, count] }), [
    'param_optional | safe | params.item | "item" may be left out now',
  ]],
  [method({ errors: [error], params: [count, item] }), [
    'param_moved | breaks | params.item | "item" was param 1 and is param 2',
    'param_moved | breaks | params.count | "count" was param 2 and is param 1',
  ]],
  [method({ errors: [error], params: [{ ...item, schema: { enum: ["a"] } }, count] }), [
    'param_narrowed | breaks | params.item | a value beside "a" is no longer admitted',
  ]],
  [
    method({ errors: [error], params: [{ ...item, schema: { type: ["string", "null"] } }, count] }),
    ["param_widened | safe | params.item | null is admitted now"],
  ],
  [
    method({ errors: [error], result: { name: "result", schema: { type: ["string", "null"] } } }),
    ["result_widened | breaks | result | null is admitted now"],
  ],
  [method({ errors: [error], result: { name: "result", schema: { const: "done" } } }), [
    'result_narrowed | safe | result | a value beside "done" is no longer admitted',
  ]],
  [method(), [
    'error_removed | safe | errors.out_of_stock | the error "out_of_stock" is no longer declared',
  ]],
  [method({ errors: [error, { code: -32_020, message: "closed" }] }), [
    'error_added | note | errors.closed | the error "closed" is new',
  ]],
  [method({ errors: [{ ...error, data: { type: ["object", "null"] } }] }), [
    "error_changed | breaks | errors.out_of_stock | null is admitted now",
  ]],
];

for (const [after, expected] of rows) {
  Deno.test(`compareDocuments() reports ${expected[0]?.split(" |")[0] ?? "nothing"}`, () => {
    assertEquals(changesOf(documentOf(old), documentOf(after)), expected);
  });
}

Deno.test("compareDocuments() reports methods that are gone, new, closed and no longer streams", () => {
  const before = documentOf(
    method({
      "x-public": true,
      "x-admin": true,
      "x-stream": true,
      "x-idempotent": true,
      "x-cursor": { param: "after", item: "id" },
    }),
    method({ name: "orders.cancel" }),
  );
  assertEquals(changesOf(before, documentOf(method(), method({ name: "orders.list" }))), [
    "method_needs_sign_in | breaks |  | the method needs a sign-in now",
    "method_admin_ended | safe |  | the method is administrative no longer",
    "method_not_idempotent | breaks |  | the method is idempotent no longer: retries may harm",
    "cursor_ended | breaks | result | streams that were cut cannot go on by their old cursor",
    "stream_ended | breaks | result | the method streams no longer",
    "method_removed | breaks |  | the method is gone",
    "method_added | safe |  | the method is new",
  ]);
});

Deno.test("every rule is reported by a row above", () => {
  const reported = new Set(rows.flatMap(([, lines]) => lines.map((line) => line.split(" |")[0])));
  const byTheOther = [
    "method_needs_sign_in",
    "method_admin_ended",
    "method_not_idempotent",
    "cursor_ended",
    "stream_ended",
    "method_removed",
    "method_added",
  ];
  for (const rule of byTheOther) reported.add(rule);
  assertEquals([...reported].sort(), Object.keys(compatibilityRules).sort());
});

Deno.test("compareDocuments() follows references to the definitions of a schema itself", () => {
  const schemaOf = (type: string) => ({
    $ref: "#/definitions/amount",
    definitions: { amount: { type } },
  });
  const [before, after] = ["string", "number"].map((type) =>
    documentOf(method({
      params: [param("amount", { schema: schemaOf(type) })],
      result: { name: "result", schema: schemaOf(type) },
      errors: [{ ...error, data: schemaOf(type) }],
    }))
  );
  const rules = compareDocuments(before!, after!).map(({ rule }) => rule);
  assertEquals([...new Set(rules)].sort(), [
    "error_changed",
    "param_narrowed",
    "param_widened",
    "result_narrowed",
    "result_widened",
  ]);
});
