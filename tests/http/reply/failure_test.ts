import { assertEquals } from "@std/assert";
import { errorTable } from "../../../lib/base/errors.ts";
import { failureHead, failureReply, faultReply } from "../../../lib/http/reply/failure.ts";
import { httpStatusOf } from "../../../lib/http/reply/http_status.ts";
import { HttpFault } from "../../../lib/http/engine/http_fault.ts";

Deno.test("failureHead() gives every error of the table its status", () => {
  for (const [code, { wire }] of Object.entries(errorTable)) {
    // Errors of the process alone share the number of "internal".
    const shown = wire === errorTable.internal.wire ? "internal" : code as keyof typeof errorTable;
    assertEquals(failureHead({ code: wire, message: "" }).status, httpStatusOf[shown], code);
  }
  assertEquals(failureHead({ code: 7, message: "" }).status, 500);
});

Deno.test("failureHead() says how to sign in and when to try again", () => {
  const { wire } = errorTable.unauthenticated;
  assertEquals(failureHead({ code: wire, message: "" }).headers, { "www-authenticate": "Bearer" });
  const later = (retryAfterMs: unknown) =>
    failureHead({ code: errorTable.unavailable.wire, message: "", data: { retryAfterMs } }).headers;
  assertEquals(later(1), { "retry-after": "1" });
  assertEquals(later(2_001), { "retry-after": "3" });
  for (const none of [-1, "1", undefined, null]) assertEquals(later(none), {});
});

Deno.test("failureReply() and faultReply() are problem details", () => {
  const error = { code: errorTable.not_found.wire, message: "There is no order 7" };
  const { status, body } = failureReply(error, {});
  assertEquals([status, JSON.parse(String(body))], [404, {
    title: "Not Found",
    status: 404,
    detail: "There is no order 7",
    error,
  }]);
  const fault = faultReply(new HttpFault(405, "Use POST", { allow: "POST" }), { a: "b" });
  assertEquals(fault.headers, { a: "b", allow: "POST" });
});
