import { assert, assertFalse, assertThrows } from "@std/assert";
import { timingSafeEqual } from "@std/crypto/timing-safe-equal";

Deno.test("timingSafeEqual() compares bytes", () => {
  assert(timingSafeEqual(new Uint8Array([1, 2, 3]), new Uint8Array([1, 2, 3])));
  assertFalse(timingSafeEqual(new Uint8Array([1, 2, 3]), new Uint8Array([1, 2, 4])));
  assertFalse(timingSafeEqual(new Uint8Array([1, 2, 3]), new Uint8Array([0, 2, 3])));
});

Deno.test("timingSafeEqual() throws for sequences of different length", () => {
  assertThrows(() => timingSafeEqual(new Uint8Array([1, 2]), new Uint8Array([1, 2, 0])), TypeError);
  assert(timingSafeEqual(new Uint8Array(), new Uint8Array()));
});

Deno.test("timingSafeEqual() looks at a view's own bytes only", () => {
  const buffer = new Uint8Array([9, 1, 2, 3, 8]).buffer;
  assert(timingSafeEqual(new Uint8Array(buffer, 1, 3), new Uint8Array([1, 2, 3])));
  assert(timingSafeEqual(new DataView(buffer, 1, 2), new Uint8Array([1, 2]).buffer));
  assertFalse(timingSafeEqual(new Uint8Array(buffer, 0, 3), new Uint8Array(buffer, 1, 3)));
});

Deno.test("timingSafeEqual() compares memory and not elements", () => {
  assert(timingSafeEqual(new Uint16Array([0x0201]), new Uint8Array([1, 2])));
});
