import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dari } from "../../support/dari_command.ts";
import { startServer } from "../../support/dari_server.ts";
import { tempDirectory } from "../../support/temp.ts";

/** A project whose module imports by its own import map, with a package of npm and a worker. */
async function project(config: string) {
  const directory = await tempDirectory();
  const { path } = directory;
  await Deno.mkdir(`${path}/lib`);
  await Deno.writeTextFile(`${path}/deno.json`, config);
  await Deno.writeTextFile(`${path}/lib/twice.ts`, "export const twice = (n: number) => 2 * n;\n");
  await Deno.writeTextFile(
    `${path}/methods.ts`,
    `import { DariError, method } from "@dari/dari";
import { twice } from "@my/twice.ts";
import forge from "forge";
enum Colour { red = 1 }
export const double = ({ n }: { n: number }): number => twice(n) * Colour.red;
export const quadruple = method({
  worker: true,
  handler: ({ n }: { n: number }): number => twice(twice(n)),
});
export const hex = ({ text }: { text: string }): string => forge.util.bytesToHex(text);
export const refuse = (): never => {
  throw new DariError("not_found", "nothing");
};
`,
  );
  return directory;
}

Deno.test("dari serve follows the import map of the module's own deno.json, in workers too", async () => {
  await using directory = await project(`{
    // comments and trailing commas are allowed
    "imports": { "@my/": "./lib/", "forge": "npm:node-forge@1.4.3", },
  }`);
  await using server = await startServer(`${directory.path}/methods.ts`);
  const call = async (...words: string[]) => await dari(["call", ...words, "--data", server.data]);
  assertEquals((await call("double", "n=2")).out, "4");
  assertEquals((await call("quadruple", "n=2")).out, "8");
  assertEquals((await call("hex", "text=AB")).out, '"4142"');
  assertEquals((await call("refuse")).err, "dari: nothing");
});

Deno.test("dari serve names file, line and column of a mistake in a module", async () => {
  await using directory = await tempDirectory();
  const cases: [text: string, place: string][] = [
    ["export const add = () => 1;\nexport const = 1;\n", ":2:14"],
    ["export const add = () => 1;\n  throw new Error('at once');\n", ":2:9"],
    ["export const add = () => 1;\nimport './none.ts';\n", ":2:8"],
  ];
  for (const [at, [text, place]] of cases.entries()) {
    const path = `${directory.path}/methods${at}.ts`;
    await Deno.writeTextFile(path, text);
    const { err, code } = await dari(["serve", path, "--data", `${directory.path}/data`]);
    assertStringIncludes(err, `(${await Deno.realPath(path)}${place})`);
    assertMatch(err, /^dari: Cannot load /);
    assertEquals(code, 65);
  }
});

Deno.test("dari serve says which configuration file cannot be read", async () => {
  await using directory = await project("{ imports }");
  const { err, code } = await dari(["serve", `${directory.path}/methods.ts`]);
  assertStringIncludes(err, `Cannot read ${directory.path}/deno.json: `);
  assertEquals(code, 78);
});
