import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { HpackDecoder } from "../../../../lib/http/h2/hpack/decoder.ts";
import { encodeHeader } from "../../../../lib/http/h2/hpack/encoder.ts";

Deno.test("what encodeHeader() writes is read as it was", () => {
  const decoder = new HpackDecoder({
    maxTableBytes: 0,
    maxListBytes: Infinity,
    maxHeaders: Infinity,
  });
  const names = fc.constantFrom(":status", "content-type", "x", "x-long-name", "date", "vary");
  const values = fc.array(fc.integer({ min: 0x20, max: 0xff }), { maxLength: 300 })
    .map((codes) => String.fromCharCode(...codes));
  fc.assert(fc.property(fc.array(fc.tuple(names, values)), (headers) => {
    const block = headers.flatMap(([name, value]) => encodeHeader(name, value));
    assertEquals(decoder.decode(new Uint8Array(block)).headers, headers);
  }));
});

Deno.test("encodeHeader() names what both sides know by its number", () => {
  assertEquals(encodeHeader(":status", "404"), [0x8d]);
  assertEquals(encodeHeader(":status", "403"), [0x08, 3, 0x34, 0x30, 0x33]);
  assertEquals(encodeHeader("date", "x"), [0x0f, 0x12, 1, 0x78]);
});

Deno.test("encodeHeader() refuses values that would be another header elsewhere", () => {
  for (const value of ["a\r\nb: c", "a\0", "\u010d\u010a"]) {
    assertThrows(() => encodeHeader("x", value), TypeError, "x");
  }
});
