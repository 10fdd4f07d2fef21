import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Buffer } from "../../../../lib/packaging/npm/browser/buffer.ts";
import { createHash, timingSafeEqual } from "../../../../lib/packaging/npm/browser/crypto.ts";
import { byteLength } from "../../../../lib/base/text/byte_length.ts";

Deno.test("timingSafeEqual() of browsers tells every two sequences apart", () => {
  const bytes = fc.uint8Array({ minLength: 4, maxLength: 4, max: 3 });
  fc.assert(fc.property(bytes, bytes, (a, b) => {
    assertEquals(timingSafeEqual(a, b), a.every((byte, at) => byte === b[at]));
  }));
  assertEquals(timingSafeEqual(new Uint8Array(1), new Uint8Array(2)), false);
});

Deno.test("createHash() of browsers says that there is none", () => {
  assertThrows(() => createHash(), Error, "no hash");
});

Deno.test("byteLength() of browsers counts as Node's does", () => {
  for (const text of ["", "a", "다리", "\u{1f309}", "\ud800"]) {
    assertEquals(Buffer.byteLength(text), byteLength(text), text);
  }
});
