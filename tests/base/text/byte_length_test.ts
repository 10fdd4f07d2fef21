import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { byteLength } from "../../../lib/base/text/byte_length.ts";

Deno.test("byteLength() counts the bytes that TextEncoder writes, lone surrogates included", () => {
  const encoder = new TextEncoder();
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    assertEquals(byteLength(text), encoder.encode(text).length);
  }));
  assertEquals(byteLength("\ud800"), 3);
});
