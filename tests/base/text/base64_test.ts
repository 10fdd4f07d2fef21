import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  fromBase64,
  fromBase64Portably,
  toBase64,
  toBase64Portably,
} from "../../../lib/base/text/base64.ts";

Deno.test("fromBase64() reads what toBase64() wrote, with the runtime's codec and without", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
    const text = toBase64(bytes);
    assertEquals(toBase64Portably(bytes), text);
    assertEquals([...fromBase64(text) ?? []], [...bytes]);
    assertEquals([...fromBase64Portably(text) ?? []], [...bytes]);
  }));
});

Deno.test("fromBase64() refuses white space, missing padding, bits left over, and other letters", () => {
  for (const text of ["Zm9v\n", "Zm 9v", "Zg=", "Zg", "Zh==", "Zm9-", "=", "다"]) {
    assertEquals(fromBase64(text), undefined, text);
    assertEquals(fromBase64Portably(text), undefined, text);
  }
});
