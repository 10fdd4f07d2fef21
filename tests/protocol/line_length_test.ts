import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { excessLength } from "../../lib/protocol/line_length.ts";

Deno.test("excessLength() counts bytes of UTF-8, and tells them from the first that is too many", () => {
  for (const [text, bytes] of [["abc", 3], ["äöü", 6], ["한글", 6], ["🌉", 4], ["", 0]] as const) {
    assertEquals(excessLength(text, bytes), undefined, text);
    if (bytes > 0) assertEquals(excessLength(text, bytes - 1), bytes, text);
  }
});

Deno.test("excessLength() counts long texts of every kind as the encoder does", () => {
  const encoder = new TextEncoder();
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 1 }), fc.nat(3), (part, shift) => {
      // Longer than a slice, so that pairs of surrogates lie across the cuts.
      const text = "x".repeat(shift) + part.repeat(Math.ceil(50_000 / part.length));
      assertEquals(excessLength(text, 1), encoder.encode(text).length);
    }),
    { numRuns: 30 },
  );
});
