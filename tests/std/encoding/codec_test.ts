import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { builtInCodec, portableCodec } from "../../../lib/std/encoding/_codec.ts";

Deno.test("portableCodec does what the runtime's own codec does", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
    const base64 = builtInCodec.toBase64(bytes);
    const hex = builtInCodec.toHex(bytes);
    assertEquals(portableCodec.toBase64(bytes), base64);
    assertEquals(portableCodec.toHex(bytes), hex);
    assertEquals([...portableCodec.fromBase64(base64.replace(/=+$/, ""))], [...bytes]);
    assertEquals([...portableCodec.fromHex(hex.toUpperCase())], [...bytes]);
  }));
});
