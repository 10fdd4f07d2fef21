import { assertEquals } from "@std/assert";
import { DynamicTable } from "../../../../lib/http/h2/hpack/dynamic_table.ts";

function names(table: DynamicTable): string[] {
  return Array.from({ length: table.length }, (_, at) => table.at(at)![0]);
}

Deno.test("DynamicTable gives the newest first, and evicts the oldest", () => {
  const table = new DynamicTable(3 * 34);
  for (const name of ["a", "b", "c", "d"]) table.add([name, "1"]);
  assertEquals(names(table), ["d", "c", "b"]);
  assertEquals(table.at(3), undefined);
  table.resize(2 * 34);
  assertEquals(names(table), ["d", "c"]);
  table.resize(0);
  assertEquals(names(table), []);
});

Deno.test("an entry that is longer than the table empties it", () => {
  const table = new DynamicTable(40);
  table.add(["a", "1"]);
  table.add(["name", "value"]); // 41 bytes
  assertEquals(names(table), []);
  table.add(["name", "four"]); // 40 bytes
  assertEquals(names(table), ["name"]);
});

Deno.test("DynamicTable keeps its place through many evictions", () => {
  const table = new DynamicTable(2 * 36);
  for (let n = 100; n < 1_000; n++) {
    table.add([String(n), "1"]);
    assertEquals(table.at(0), [String(n), "1"]);
    if (n > 100) assertEquals(names(table), [String(n), String(n - 1)]);
  }
});
