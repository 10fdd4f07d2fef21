import { assertEquals } from "@std/assert";
import { invalid, isId, messageOf } from "../../lib/protocol/message_shape.ts";

Deno.test("isId() takes text, null and whole numbers that are exact", () => {
  for (const id of ["", "7", null, 0, -1, Number.MAX_SAFE_INTEGER]) assertEquals(isId(id), true);
  for (const id of [undefined, 1.5, 2 ** 53, NaN, {}, [1], true]) assertEquals(isId(id), false);
});

Deno.test("messageOf() tells requests, notifications and replies apart by their members", () => {
  const kindOf = (members: object) => messageOf({ jsonrpc: "2.0", ...members }, false).kind;
  assertEquals(kindOf({ id: 1, method: "add" }), "request");
  assertEquals(kindOf({ method: "add" }), "notification");
  assertEquals(kindOf({ id: 1, result: 0 }), "result");
  assertEquals(kindOf({ id: 1, error: { code: 1, message: "" } }), "error");
  assertEquals(kindOf({ id: 1 }), "invalid");
});

Deno.test("messageOf() refuses an id that JavaScript cannot hold, without naming it", () => {
  const reason = "id must be text, null or a whole number of at most 2^53-1";
  assertEquals(
    messageOf({ jsonrpc: "2.0", id: 2 ** 53 - 1, method: "add" }, true),
    invalid("invalid_request", null, reason),
  );
});
