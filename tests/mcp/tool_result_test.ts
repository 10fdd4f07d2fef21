import { assertEquals } from "@std/assert";
import { DeclaredError } from "../../lib/base/declared_error.ts";
import { DariError } from "../../lib/base/errors.ts";
import { failureOf, itemsOf, resultOf } from "../../lib/mcp/tool_result.ts";
import { described } from "../support/mcp.ts";

const text = (text: string) => ({ type: "text", text });
const returning = (schema: Record<string, unknown> | boolean) =>
  described("m", { result: { name: "result", schema } });

Deno.test("resultOf() gives text for the model and a value for the program", () => {
  assertEquals(resultOf(returning({ type: "object" }), { a: 1 }), {
    content: [text('{"a":1}')],
    structuredContent: { a: 1 },
  });
  assertEquals(resultOf(returning({ type: "number" }), 3), {
    content: [text("3")],
    structuredContent: { result: 3 },
  });
  assertEquals(resultOf(returning(true), "as it is"), { content: [text("as it is")] });
  assertEquals(resultOf(returning(true)), { content: [text("null")] });
});

Deno.test("resultOf() passes the result of a tool behind a method on", () => {
  const result = { content: [{ type: "image", data: "AA==", mimeType: "image/png" }] };
  const method = returning({ type: "object", "x-mcp-result": true });
  assertEquals(resultOf(method, result), result);
});

Deno.test("itemsOf() says where a stream was cut", () => {
  assertEquals(itemsOf([1, "two"]), {
    content: [text("1"), text("two")],
    structuredContent: { items: [1, "two"] },
  });
  assertEquals(itemsOf([1], "There is more"), {
    content: [text("1"), text("There is more")],
    structuredContent: { items: [1], cut: true },
  });
});

Deno.test("failureOf() tells code, message and details, and nothing of what is internal", () => {
  const busy = new DariError("unavailable", "Come back", { retryAfterMs: 20 });
  const texts = [
    failureOf(busy),
    failureOf(new DeclaredError("out_of_stock", { left: 2 }, { message: "None left" })),
    failureOf(new Error("a secret")),
  ];
  assertEquals(texts, [
    { content: [text("unavailable: Come back (try again in 20 ms)")], isError: true },
    { content: [text('out_of_stock: None left {"left":2}')], isError: true },
    { content: [text("internal: Internal error")], isError: true },
  ]);
});
