import { assert, assertEquals } from "@std/assert";
import { limits } from "../../lib/base/limits.ts";
import { isToolName, toolOf } from "../../lib/mcp/tool.ts";
import { described } from "../support/mcp.ts";

const number = { type: "number" };

Deno.test("toolOf() tells params, result, doc, declared errors and idempotence", () => {
  const tool = toolOf(described("orders.get", {
    summary: "One order",
    params: [{ name: "id", schema: number, required: true }, { name: "at", schema: true }],
    result: { name: "result", schema: { type: "object", properties: { total: number } } },
    errors: [{ code: -32020, message: "gone" }],
    "x-idempotent": true,
    deprecated: true,
    "x-deprecated": "use orders.read",
  }));
  assertEquals(tool, {
    name: "orders.get",
    description: "One order\nFails with: gone.\nDeprecated: use orders.read",
    inputSchema: { type: "object", properties: { id: number, at: {} }, required: ["id"] },
    outputSchema: { type: "object", properties: { total: number } },
    annotations: { idempotentHint: true },
  });
});

Deno.test("toolOf() of a method of which nothing is known has the shortest schema", () => {
  assertEquals(toolOf(described("go")), { name: "go", inputSchema: { type: "object" } });
});

Deno.test("toolOf() wraps results that are no objects, and keeps what their references point to", () => {
  const schema = {
    $schema: "x",
    type: "array",
    items: { $ref: "#/$defs/Order" },
    $defs: { Order: number },
  };
  const wrapped = toolOf(described("list", { result: { name: "result", schema } }));
  assertEquals(wrapped.outputSchema, {
    $schema: "x",
    type: "object",
    properties: { result: { type: "array", items: { $ref: "#/$defs/Order" } } },
    required: ["result"],
    $defs: { Order: number },
  });
  const rooted = { type: "array", items: { $ref: "#" } };
  const unknown = toolOf(described("tree", { result: { name: "result", schema: rooted } }));
  assertEquals(unknown.outputSchema, undefined);
});

Deno.test("toolOf() of a stream tells its items", () => {
  const method = described("ticks", { result: { name: "item", schema: number }, "x-stream": true });
  assertEquals(toolOf(method).outputSchema, {
    type: "object",
    properties: { items: { type: "array", items: number }, cut: { type: "boolean" } },
    required: ["items"],
  });
});

Deno.test("isToolName() takes what the specification allows", () => {
  assert(isToolName("orders.list_all-2"));
  assert(isToolName("x".repeat(limits.maxMcpNameLength)));
  for (const name of ["", "a b", "주문", "a/b", "x".repeat(limits.maxMcpNameLength + 1)]) {
    assert(!isToolName(name), name);
  }
});
