import { assertEquals } from "@std/assert";
import { createHash as hashOfNode } from "node:crypto";
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

Deno.test("createHash() of browsers is the SHA-256 of Node's, in whatever pieces the bytes come", () => {
  const lengths = [0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 1_000];
  for (const length of lengths) {
    const bytes = Uint8Array.from({ length }, (_, at) => at * 7);
    const wanted = hashOfNode("sha256").update(bytes).digest("hex");
    for (const piece of [1, 63, 64, 2_000]) {
      const hash = createHash("sha256");
      for (let at = 0; at < length; at += piece) hash.update(bytes.subarray(at, at + piece));
      assertEquals(hash.digest("hex"), wanted, `${length} bytes in pieces of ${piece}`);
    }
  }
});

Deno.test("byteLength() of browsers counts as Node's does", () => {
  for (const text of ["", "a", "다리", "\u{1f309}", "\ud800"]) {
    assertEquals(Buffer.byteLength(text), byteLength(text), text);
  }
});
