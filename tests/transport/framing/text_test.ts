import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { giveBack } from "../../../lib/transport/framing/memory_pool.ts";
import { decodeLines, encodeAround, encodeBorrowed } from "../../../lib/transport/framing/text.ts";

const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("decodeLines() reads back what TextEncoder wrote, long and short, ASCII and not", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.nat(3), (text, times) => {
    const line = `${text.replaceAll("\n", " ").toWellFormed().replaceAll("\uFFFD", "")}\n`;
    const lines = line.repeat(times === 0 ? 1 : 10_000 * times / Math.max(1, line.length) + 1);
    assertEquals(decodeLines(encode(lines)), lines);
  }));
  const long = `${"x".repeat(100_000)}\n`;
  assertEquals(decodeLines(encode(long)), long);
});

Deno.test("decodeLines() makes U+FFFD of a line that is not UTF-8, and keeps its neighbours", () => {
  const bytes = [...encode("a\n"), 0xc0, 0xaf, 0x0a, ...encode("다\n")];
  assertEquals(decodeLines(new Uint8Array(bytes)), "a\n\uFFFD\n다\n");
});

Deno.test("decodeLines() keeps a U+FFFD that was sent as such, and a byte order mark", () => {
  assertEquals(decodeLines(encode("x\uFFFDy\n")), "x\uFFFDy\n");
  assertEquals(decodeLines(encode("\uFEFF{}\n")), "\uFEFF{}\n");
});

Deno.test("encodeBorrowed() writes what TextEncoder writes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), fc.nat(2_000), (text, times) => {
      const whole = text.repeat(times);
      const { bytes, memory } = encodeBorrowed(whole);
      assertEquals(bytes, encode(whole));
      giveBack(memory);
    }),
    { numRuns: 50 },
  );
});

Deno.test("encodeAround() puts bytes between two texts, ASCII or not", () => {
  const blob = new Uint8Array([0xff, 0x0a]);
  for (const [before, behind] of [["#2\n", "x\n"], ["", ""], ["다\n", "🌉\n"]] as const) {
    const { bytes, memory } = encodeAround(before, blob, behind);
    const encoder = new TextEncoder();
    assertEquals([...bytes], [...encoder.encode(before), ...blob, ...encoder.encode(behind)]);
    giveBack(memory);
  }
});
