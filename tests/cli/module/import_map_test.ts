import { assertEquals } from "@std/assert";
import { findImportMap, resolveByMap } from "../../../lib/cli/module/import_map.ts";
import { parseJsonc } from "../../../lib/cli/module/jsonc.ts";
import { tempDirectory } from "../../support/temp.ts";

const map = {
  folder: new URL("file:///p/"),
  file: "/p/deno.json",
  imports: { "a": "./a.ts", "lib/": "./src/lib/", "lib/deep/": "./deep/", "zod": "npm:zod@4" },
  scopes: { "./old/": { "a": "./old_a.ts" } },
};

Deno.test("resolveByMap() takes whole names, the longest prefixes, packages and scopes", () => {
  const cases: [specifier: string, parent: string, address: string | undefined][] = [
    ["a", "file:///p/m.ts", "file:///p/a.ts"],
    ["a", "file:///p/old/m.ts", "file:///p/old_a.ts"],
    ["lib/x.ts", "file:///p/m.ts", "file:///p/src/lib/x.ts"],
    ["lib/deep/x.ts", "file:///p/old/m.ts", "file:///p/deep/x.ts"],
    ["zod", "file:///p/m.ts", "npm:zod@4"],
    ["zod/mini", "file:///p/m.ts", "npm:zod@4/mini"],
    ["./a", "file:///p/m.ts", undefined],
    ["constructor", "file:///p/m.ts", undefined],
  ];
  for (const [specifier, parent, address] of cases) {
    assertEquals(resolveByMap(map, specifier, parent), address, specifier);
  }
});

Deno.test("findImportMap() reads the nearest configuration, an import map of its own, and packages", async () => {
  await using directory = await tempDirectory();
  const root = await Deno.realPath(directory.path);
  await Deno.mkdir(`${root}/a/b`, { recursive: true });
  const find = () => findImportMap(new URL(`file://${root}/a/b/m.ts`));
  await Deno.writeTextFile(`${root}/package.json`, '{"dependencies":{"zod":"^4.1.0"}}');
  assertEquals((await find())?.imports, { zod: "npm:zod@^4.1.0" });
  await Deno.writeTextFile(`${root}/a/deno.jsonc`, '{ "importMap": "./map.json" } // here');
  await Deno.writeTextFile(`${root}/a/map.json`, '{"imports":{"x":"./x.ts"}}');
  assertEquals((await find())?.imports, { x: "./x.ts" });
  await Deno.writeTextFile(`${root}/a/b/deno.json`, "{}");
  assertEquals(await find(), undefined);
});

Deno.test("parseJsonc() takes comments and trailing commas, and leaves texts as they are", () => {
  assertEquals(parseJsonc('{ "a": [1, /* two */ 2, // three\n ], "b": "// no, ]", }'), {
    a: [1, 2],
    b: "// no, ]",
  });
});
