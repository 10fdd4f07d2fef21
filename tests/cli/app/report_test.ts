import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { formatColumns, formatMoment, report, tellOfMore } from "../../../lib/cli/app/report.ts";
import { createIo } from "../../support/dari_command.ts";

Deno.test("report() prints one JSON value, or lines", () => {
  const printed: string[] = [];
  const io = { ...createIo(), print: (line: string) => void printed.push(line) };
  report({ json: true }, io, { a: 1 }, ["one", "two"]);
  report({ json: false }, io, { a: 1 }, ["one", "two"]);
  assertEquals(printed, ['{"a":1}', "one", "two"]);
});

Deno.test("tellOfMore() says how to go on behind a page that is full", () => {
  const told: string[] = [];
  const io = { ...createIo(), warn: (line: string) => void told.push(line) };
  tellOfMore(io, limits.deadLetterPage - 1, 7);
  assertEquals(told, []);
  tellOfMore(io, limits.deadLetterPage, 104);
  assertEquals(told, ["these are 100, and there may be more: --after 104"]);
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
  assertEquals(formatColumns([["A", "B"], ["다리", "y"], ["x", "z"]]), [
    "A     B",
    "다리  y",
    "x     z",
  ]);
});
