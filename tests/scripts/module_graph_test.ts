import { assertEquals, assertRejects } from "@std/assert";
import { listSources, readModuleGraph } from "../../scripts/module_graph.ts";
import { tempDirectory } from "../support/temp.ts";

/** Writes a project of these files into the directory. */
async function writeProject(root: string, files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const full = `${root}/${path}`;
    await Deno.mkdir(full.slice(0, full.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(full, text);
  }
}

Deno.test("readModuleGraph() tells values, types and dynamic imports apart", async () => {
  await using dir = await tempDirectory();
  await writeProject(dir.path, {
    "lib/a.ts": `import type { T } from "./t.ts";
import type { U } from "./u.ts";
import { v } from "./t.ts";
// import "./comment.ts";
const text = 'import "./text.ts"';
export const late: unknown = () => import("./late.ts");
export const all: [T?, U?, string?] = [v, v, text];`,
    "lib/t.ts": "export type T = number;\nexport const v = 1;\n",
    "lib/u.ts": "export type U = number;\n",
    "lib/late.ts": "export {};\n",
  });
  const graph = await readModuleGraph(dir.path, ["lib/a.ts"]);
  assertEquals(
    graph.get("lib/a.ts")?.map(({ to, kind, dynamic, line }) => ({ to, kind, dynamic, line })),
    [
      { to: "lib/t.ts", kind: "value", dynamic: false, line: 3 },
      { to: "lib/u.ts", kind: "type", dynamic: false, line: 2 },
      { to: "lib/late.ts", kind: "value", dynamic: true, line: 6 },
    ],
  );
  assertEquals([...graph.keys()].sort(), ["lib/a.ts", "lib/late.ts", "lib/t.ts", "lib/u.ts"]);
});

Deno.test("readModuleGraph() refuses an import of nothing", async () => {
  await using dir = await tempDirectory();
  await writeProject(dir.path, { "lib/a.ts": 'import "./gone.ts";\n' });
  await assertRejects(() => readModuleGraph(dir.path, ["lib/a.ts"]), Error, "gone.ts");
});

Deno.test("listSources() lists TypeScript of the folders and skips installed packages", async () => {
  await using dir = await tempDirectory();
  await writeProject(dir.path, {
    "lib/b/c.ts": "",
    "lib/a.ts": "",
    "lib/notes.md": "",
    "scripts/node_modules/x/index.ts": "",
  });
  assertEquals(await listSources(dir.path, ["lib", "scripts", "absent"]), [
    "lib/a.ts",
    "lib/b/c.ts",
  ]);
});
