import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../lib/base/errors.ts";
import { packService } from "../../lib/packaging/service.ts";
import { tempDirectory } from "../support/temp.ts";

/** Writes files into a folder and packs the first. */
async function pack(files: Readonly<Record<string, string>>) {
  await using directory = await tempDirectory();
  for (const [name, text] of Object.entries(files)) {
    const path = `${directory.path}/${name}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, text);
  }
  const [main = ""] = Object.keys(files);
  const packed = await packService(`${directory.path}/${main}`, "@dari/dari");
  const texts = packed.files.map(({ name, bytes }) => [name, new TextDecoder().decode(bytes)]);
  return { main: packed.main, texts: Object.fromEntries(texts) };
}

const ADD = "export const add = () => 1;\n";

Deno.test("packService() takes a module and the files that it imports as they are", async () => {
  const main = 'import { n } from "../lib/n.ts";\nimport "node:path";\nexport const f = () => n;\n';
  const { main: name, texts } = await pack({
    "app/main.ts": main,
    "lib/n.ts": "export const n = 1;\n",
    "lib/unused.ts": ADD,
  });
  assertEquals(name, "service/app/main.ts");
  assertEquals(texts, {
    "service/app/main.ts": main,
    "service/lib/n.ts": "export const n = 1;\n",
  });
});

Deno.test("packService() leaves imports of the library to the program", async () => {
  const main = `import { method } from "@dari/dari";\n${ADD}export { method };\n`;
  assertEquals((await pack({ "main.ts": main })).texts, { "service/main.ts": main });
});

Deno.test("packService() follows the import map of the module's project, and keeps its places", async () => {
  const { texts, names } = await pack({
    "main.ts": 'import { one } from "@my/one.ts";\nexport const get = (): number => one;\n',
    "lib/one.ts": "export const one = 1;\n",
    "deno.json": '{ "imports": { "@my/": "./lib/" } }',
  }).then((packed) => ({ ...packed, names: Object.keys(packed.texts) }));
  assertEquals(names, ["service/service.js"]);
  const [, map = ""] = /sourceMappingURL=data:application\/json;base64,(\S+)/
    .exec(texts["service/service.js"] ?? "") ?? [];
  assertEquals(JSON.parse(atob(map)).sources, ["./lib/one.ts", "./main.ts"]);
  assertEquals(atob(map).includes("/tmp"), false);
});

Deno.test("packService() refuses names that a shell script could not carry", async () => {
  const error = await assertRejects(() => pack({ "a b.ts": ADD }), DariError);
  assertEquals([error.code, error.message], [
    "data",
    'Cannot pack "service/a b.ts": use letters, digits and ._@+- in its path',
  ]);
});

Deno.test("packService() says what cannot be loaded", async () => {
  const error = await assertRejects(() => pack({ "main.ts": 'import "./none.ts";\n' }), DariError);
  assertEquals(error.code, "data");
  assertEquals(/none\.ts/.test(error.message), true, error.message);
});
