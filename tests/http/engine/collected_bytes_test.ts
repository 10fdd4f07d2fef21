import { assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { CollectedBytes } from "../../../lib/http/engine/collected_bytes.ts";

Deno.test("CollectedBytes gives all pieces, one behind the other, and changes none", () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 20 })), (pieces) => {
    const collected = new CollectedBytes();
    const before = pieces.map((piece) => [...piece]);
    for (const piece of pieces) collected.push(new Uint8Array(piece));
    assertEquals([...collected.bytes], before.flat());
    assertEquals(collected.length, before.flat().length);
  }));
});

Deno.test("CollectedBytes does not copy a body of one piece, and does not write into it", () => {
  const whole = new Uint8Array([1, 2, 3]);
  const collected = new CollectedBytes();
  collected.push(whole);
  assertStrictEquals(collected.bytes.buffer, whole.buffer);
  collected.push(new Uint8Array(0));
  collected.push(new Uint8Array([4]));
  assertEquals([...whole, ...collected.bytes], [1, 2, 3, 1, 2, 3, 4]);
});
