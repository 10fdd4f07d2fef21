import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { commentLines, quote } from "../../../lib/codegen/text/quote.ts";

Deno.test("quote() writes letters as they are, and escapes what cannot be seen", () => {
  assertEquals(quote('say "hi"\\\n다리', "python"), '"say \\"hi\\"\\\\\\n다리"');
  assertEquals(quote("\u2028\0", "go"), '"\\u2028\\u0000"');
  assertEquals(quote("😀", "typescript"), '"\\u{1f600}"');
  assertEquals(quote("😀", "python"), '"\\U0001f600"');
  assertEquals(quote("\ud800", "python"), '"\\ud800"');
  assertEquals(quote("\ud800", "go"), '"\\ufffd"');
});

Deno.test("quote() gives a literal of TypeScript that is the text again", async () => {
  const texts = fc.sample(fc.string({ unit: "binary" }), { seed: 1, numRuns: 300 });
  const source = `export default [${texts.map((text) => quote(text, "typescript")).join(",\n")}]`;
  const module = await import(`data:text/javascript,${encodeURIComponent(source)}`);
  assertEquals(module.default, texts);
});

Deno.test("commentLines() wraps words, keeps paragraphs and escapes controls", () => {
  assertEquals(commentLines("\n one two three\r\n\n\n four\u0007\u2028five\n", 8), [
    "one two",
    "three",
    "",
    "four\\u0007",
    "five",
  ]);
  assertEquals(commentLines(" \n", 8), []);
});
