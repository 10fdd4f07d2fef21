import { assertEquals } from "@std/assert";
import { formatColumns, formatMoment, report } from "../../../lib/cli/app/report.ts";
import { createIo } from "../../support/dari_command.ts";

Deno.test("report() prints one JSON value, or lines", () => {
  const printed: string[] = [];
  const io = { ...createIo(), print: (line: string) => void printed.push(line) };
  report({ json: true }, io, { a: 1 }, ["one", "two"]);
  report({ json: false }, io, { a: 1 }, ["one", "two"]);
  assertEquals(printed, ['{"a":1}', "one", "two"]);
});

Deno.test("formatMoment() writes seconds in UTC", () => {
  assertEquals(formatMoment(Date.UTC(2026, 0, 2, 3, 4, 5, 678)), "2026-01-02 03:04:05Z");
  assertEquals(formatMoment(undefined), "never");
});

Deno.test("formatColumns() aligns rows, and prints no head without rows", () => {
  assertEquals(formatColumns([["A", "B"], ["long", ""], ["x", "y"]]), [
    "A     B",
    "long",
    "x     y",
  ]);
  assertEquals(formatColumns([["A", "B"]]), []);
});
