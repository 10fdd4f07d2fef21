import { assertEquals, assertThrows } from "@std/assert";
import { AuthenticationError } from "../../../lib/auth/proof/errors.ts";
import { answerBytes, optionalTextOf, textsOf } from "../../../lib/auth/proof/params.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";

Deno.test("textsOf() reads own texts of an object", () => {
  assertEquals(textsOf({ a: "1", b: "", c: 3 }, ["a", "b"]), { a: "1", b: "" });
  const longest = "x".repeat(limits.maxSignInTextLength);
  assertEquals(textsOf({ a: longest }, ["a"]), { a: longest });
});

Deno.test("textsOf() refuses parameters without these texts, and says which one is missing", () => {
  const long = "x".repeat(limits.maxSignInTextLength + 1);
  for (const params of [undefined, null, "a", [], ["a"], {}, { a: 1 }, { a: null }, { a: long }]) {
    const error = assertThrows(() => textsOf(params, ["a"]), DariError, '"a"');
    assertEquals(error.code, "invalid_params");
  }
  assertThrows(() => textsOf(Object.create({ a: "inherited" }), ["a"]), DariError, "is missing");
  assertThrows(() => textsOf({ a: "1" }, ["a", "b"]), DariError, 'send an object with "a", "b"');
});

Deno.test("optionalTextOf() gives nothing where there is nothing, and refuses the rest", () => {
  assertEquals(optionalTextOf({}, "agent"), undefined);
  assertEquals(optionalTextOf(null, "agent"), undefined);
  assertEquals(optionalTextOf({ agent: "" }, "agent"), "");
  assertThrows(() => optionalTextOf({ agent: 1 }, "agent"), DariError, "must be a text");
  assertEquals(optionalTextOf({}, "toString"), undefined);
});

Deno.test("answerBytes() decodes base64url, and refuses other text", () => {
  assertEquals(answerBytes("_-8"), new Uint8Array([0xff, 0xef]));
  for (const text of ["!", "+/8=", "a"]) assertThrows(() => answerBytes(text), AuthenticationError);
});
