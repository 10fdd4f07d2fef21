import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { lastLineEnd } from "../../../lib/transport/framing/line_search.ts";

const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("lastLineEnd() finds the last LF, near the end and far from it", () => {
  const { lineTailBytes } = limits;
  for (const behind of [0, 1, lineTailBytes - 1, lineTailBytes, 3 * lineTailBytes]) {
    const bytes = encode(`a\nb\n${"x".repeat(behind)}`);
    assertEquals(lastLineEnd(bytes, 0, bytes.length), 4, `${behind} bytes behind it`);
    assertEquals(lastLineEnd(bytes, 3, bytes.length), 4);
    assertEquals(lastLineEnd(bytes, 4, bytes.length), -1);
    assertEquals(lastLineEnd(bytes, 0, 3), 2);
  }
  const none = encode("x".repeat(3 * lineTailBytes));
  assertEquals([lastLineEnd(none, 0, none.length), lastLineEnd(none, 0, 0)], [-1, -1]);
});
