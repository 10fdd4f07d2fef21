import { assertEquals } from "@std/assert";
import { renderLine } from "../../../lib/cli/app/line.ts";

Deno.test("a line carries the colours of dari where there is colour, and no others", () => {
  const line = ["a\x1b[31m ", { text: "b\x1b[0m", style: "green" }] as const;
  assertEquals(renderLine(line, true), "a\\u001b[31m \x1b[32mb\\u001b[0m\x1b[0m");
  assertEquals(renderLine(line, false), "a\\u001b[31m b\\u001b[0m");
});

Deno.test("a text keeps its lines and tabs, and its other controls are escaped", () => {
  assertEquals(renderLine("a\n\tb\x9b\u202e", true), "a\n\tb\\u009b\\u202e");
});
