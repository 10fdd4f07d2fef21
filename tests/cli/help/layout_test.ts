import { assertEquals } from "@std/assert";
import { formatRows, wrap } from "../../../lib/cli/help/layout.ts";

Deno.test("wrap() breaks between words, and leaves long words whole", () => {
  assertEquals(wrap("one two three", 7), ["one two", "three"]);
  assertEquals(wrap("incomprehensibly so", 7), ["incomprehensibly", "so"]);
});

Deno.test("formatRows() continues a meaning below itself, and gives a wide label its own line", () => {
  const words = Array.from({ length: 20 }, () => "words").join(" ");
  assertEquals(formatRows([["a", "short"], ["bcd", "wide"], ["e", words]], 2), [
    "  a   short",
    "  bcd",
    "      wide",
    `  e   ${words.slice(0, 71)}`,
    `      ${words.slice(72)}`,
  ]);
});
