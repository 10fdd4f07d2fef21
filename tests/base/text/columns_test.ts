import { assertEquals } from "@std/assert";
import { columnsOf, padColumns } from "../../../lib/base/text/columns.ts";

Deno.test("columnsOf() counts two columns for wide letters and one for others", () => {
  const cases: [text: string, columns: number][] = [
    ["", 0],
    ["dari", 4],
    ["다리", 4],
    ["日本", 4],
    ["é…│", 3],
    ["𝒳", 1],
  ];
  for (const [text, columns] of cases) assertEquals(columnsOf(text), columns, text);
});

Deno.test("padColumns() fills to a width, and leaves what is wider", () => {
  assertEquals(padColumns("다", 4), "다  ");
  assertEquals(padColumns("다리", 3), "다리");
});
