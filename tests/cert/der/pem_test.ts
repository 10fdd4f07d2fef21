import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DariError } from "../../../lib/base/errors.ts";
import { decodePem, encodePem } from "../../../lib/cert/der/pem.ts";

Deno.test("decodePem() reads what encodePem() has written", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
    const bytes = new Uint8Array(octets);
    const pem = encodePem("CERTIFICATE", bytes);
    assertEquals(decodePem(pem), [{ label: "CERTIFICATE", bytes }]);
    assertEquals(pem.split("\n").every((line) => line.length <= 64), true);
  }));
});

Deno.test("decodePem() skips what stands around the blocks, and takes CR LF and trailing blanks", () => {
  const pem =
    "Bag Attributes\r\n-----BEGIN X-----\r\nAQ ID\r\n\r\n-----END X----- \r\nsubject=/CN=a\r\n" +
    "-----BEGIN Y-----  \nBA==\n-----END Y-----";
  assertEquals(decodePem(pem).map(({ label, bytes }) => [label, ...bytes]), [
    ["X", 1, 2, 3],
    ["Y", 4],
  ]);
  assertEquals(decodePem(""), []);
});

Deno.test("decodePem() refuses a block that does not end, is not base64, or never seems to end", () => {
  for (
    const [text, words] of [
      ["-----BEGIN X-----\nAQID\n", "no END line"],
      ["-----BEGIN X-----\nAQID\n-----END Y-----\n", "no END line"],
      ["-----BEGIN X-----\nA*ID\n-----END X-----\n", "not base64"],
      ["-----BEGIN X-----\nAQIDB\n-----END X-----\n", "not base64"],
      [" ".repeat(33 * 1024 * 1024), "at most"],
    ] as const
  ) {
    assertEquals(assertThrows(() => decodePem(text), DariError, words).code, "data");
  }
});
