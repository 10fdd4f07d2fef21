import { assertEquals } from "@std/assert";
import { alignColumns, columnsOf, cutColumns, padColumns } from "../../../lib/base/text/columns.ts";

Deno.test("columnsOf() counts two columns for wide letters and one for others", () => {
  const cases: [text: string, columns: number][] = [
    ["", 0],
    ["dari", 4],
    ["다리", 4],
    ["日本", 4],
    ["é…│", 3],
    ["𝒳", 1],
    ["🚀", 2],
    ["𠮷", 2],
    ["e\u0301", 1],
    ["\u1112\u1161\u11ab", 2],
  ];
  for (const [text, columns] of cases) assertEquals(columnsOf(text), columns, text);
});

Deno.test("padColumns() fills to a width, and leaves what is wider", () => {
  assertEquals(padColumns("다", 4), "다  ");
  assertEquals(padColumns("다리", 3), "다리");
});

Deno.test("alignColumns() fills from the left", () => {
  assertEquals(alignColumns("다", 4), "  다");
  assertEquals(alignColumns("다리", 3), "다리");
});

Deno.test("cutColumns() ends a text at a width, and cuts no letter in two", () => {
  assertEquals(["abc", "다리다", "a다리", "🚀🚀"].map((text) => cutColumns(text, 4)), [
    "abc",
    "다리",
    "a다",
    "🚀🚀",
  ]);
  assertEquals(cutColumns("다", 1), "");
  assertEquals(cutColumns("a", -1), "");
});
