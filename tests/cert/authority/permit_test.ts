import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { constraintsOf, defaultPermits, permitsOf } from "../../../lib/cert/authority/permit.ts";

Deno.test("constraintsOf() closes the kinds of name that no permit is about", () => {
  assertEquals(constraintsOf(["127.0.0.1"]).excluded, [{ kind: "dns", value: "" }]);
  assertEquals(constraintsOf([".internal"]).excluded.length, 2);
  assertEquals(constraintsOf([".internal", "10.0.0.0/8"]).excluded, []);
  for (const permits of [[], ["*.internal"], ["a@b"], ["spiffe://a"], [""], ["10.0.0.1/8"]]) {
    assertThrows(() => constraintsOf(permits), DariError);
  }
});
Deno.test("permitsOf() gives the permits that constraintsOf() took", () => {
  const permits = ["localhost", "internal", "127.0.0.0/8", "::1/128"];
  assertEquals(permitsOf(constraintsOf(defaultPermits)), permits);
  assertEquals(permitsOf(constraintsOf(permits)), permits);
  assertEquals(permitsOf(undefined), "any");
});
