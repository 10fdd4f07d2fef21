import { assertEquals } from "@std/assert";
import { formatSize, size } from "../../../lib/cli/app/size.ts";

const { parse, expects } = size(64 * 1024);

Deno.test("size() reads numbers with their unit, from its minimum", () => {
  const cases = { "64KiB": 65_536, "1.5MiB": 1_572_864, "10MiB": 10_485_760, "1GiB": 2 ** 30 };
  for (const [text, bytes] of Object.entries(cases)) assertEquals(parse(text), bytes, text);
  assertEquals(expects, "a size from 64KiB, such as 10MiB or 1GiB");
});

Deno.test("size() reads nothing else", () => {
  const texts = ["", "10", "MiB", "63.999KiB", "-1MiB", "1 MiB", "1MB", "1mib", "1e3MiB", "1TiB"];
  for (const text of texts) assertEquals(parse(text), undefined, text);
});

Deno.test("formatSize() writes the largest unit that fits, and size() reads it back", () => {
  for (const text of ["64KiB", "1025KiB", "10MiB", "2GiB"]) {
    assertEquals(formatSize(parse(text)!), text);
  }
});
