import { assert, assertEquals, assertMatch } from "@std/assert";
import { limits } from "../../lib/base/limits.ts";

/** The tables, each in a file of its own. */
async function readTables(): Promise<object[]> {
  const folder = new URL("../../lib/base/limits/", import.meta.url);
  const tables: object[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    const exported: object = await import(`${folder}${name}`);
    tables.push(
      ...Object.entries(exported).filter(([name]) => name.endsWith("Limits")).map(([, table]) =>
        table
      ),
    );
  }
  return tables;
}

Deno.test("limits are positive numbers", () => {
  for (const [name, value] of Object.entries(limits)) {
    if (typeof value !== "number") continue;
    assert(Number.isFinite(value) && value > 0, `${name}: ${value}`);
  }
});

Deno.test("limits hold every table, and no two tables have a name in common", async () => {
  const tables = await readTables();
  assert(tables.length > 5);
  const names = tables.flatMap((table) => Object.keys(table));
  assertEquals(new Set(names).size, names.length);
  assertEquals(Object.keys(limits).toSorted(), names.toSorted());
});

Deno.test("limits of time and of memory have their unit in their name", () => {
  for (const name of Object.keys(limits)) {
    if (!/timeout|pause|life|linger|nudge/i.test(name)) continue;
    assertMatch(name, /(Ms|Share|Pauses)$/, name);
  }
});
