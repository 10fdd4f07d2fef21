import { assert, assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { toolOffers } from "../../../lib/endpoint/mcp/tool_offers.ts";

Deno.test("toolOffers() offers what a pattern names, and nothing without one", () => {
  const offers = toolOffers(["orders.*", "!orders.delete", "report"]);
  const names = ["orders.list", "orders.delete", "report", "reports", "other"];
  assertEquals(names.filter((name) => offers({ name })), ["orders.list", "report"]);
  assert(!toolOffers([])({ name: "report" }));
});

Deno.test("toolOffers() offers an administrative method only by its whole name", () => {
  const admin = { name: "orders.drop", "x-admin": true } as const;
  assert(!toolOffers(["*", "orders.*"])(admin));
  assert(toolOffers(["orders.drop"])(admin));
});

Deno.test("toolOffers() refuses a pattern that is malformed", () => {
  const error = assertThrows(() => toolOffers(["a b"]), DariError);
  assertEquals(error.code, "configuration");
});
