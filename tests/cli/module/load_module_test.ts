import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { loadMethods, moduleUrl, reasonWithPlace } from "../../../lib/cli/module/load_module.ts";
import { WorkerPool } from "../../../lib/ipc/mod.ts";
import { tempDirectory } from "../../support/temp.ts";

async function load(text: string, asText: boolean): Promise<unknown> {
  await using directory = await tempDirectory();
  const path = `${directory.path}/methods.ts`;
  await Deno.writeTextFile(path, text);
  const methods = await loadMethods(path, asText);
  const add = methods["add"] as (params: { a: number; b: number }) => number;
  return add({ a: 1, b: 2 });
}

const ADD = "export const add = ({ a, b }: { a: number; b: number }): number => a + b;\n";

for (const [way, asText] of [["as a file", false], ["as text", true]] as const) {
  Deno.test(`loadMethods() takes exported functions ${way}`, async () => {
    assertEquals(await load(ADD, asText), 3);
    assertEquals(await load(`import "node:path";\n${ADD}`, asText), 3);
  });

  Deno.test(`loadMethods() says what a module ${way} lacks`, async () => {
    await assertRejects(
      () => load("export const answer = 42;", asText),
      DariError,
      "exports no methods; add for instance: export const add",
    );
    await assertRejects(() => load("export const = 1;", asText), DariError, "Cannot load");
    await assertRejects(
      () => loadMethods("/no/such/file.ts", asText),
      DariError,
      "Cannot load /no/such/file.ts: there is no such file",
    );
    await assertRejects(
      () => loadMethods("", asText),
      DariError,
      'Cannot load "": there is no such file',
    );
  });
}

for (const specifier of ["./other.ts", "@dari/dari"]) {
  Deno.test(`loadMethods() as text names the import of ${specifier} that it cannot follow`, async () => {
    await assertRejects(
      () => load(`import { x } from "${specifier}";\n${ADD}`, true),
      DariError,
      `this executable cannot import "${specifier}"`,
    );
  });
}

Deno.test("a worker imports the same module, also from its text", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/100% 다리.ts`;
  await Deno.writeTextFile(path, ADD);
  for (const asText of [false, true]) {
    await using pool = new WorkerPool({ module: await moduleUrl(path, asText), workers: 1 });
    assertEquals(await pool.call("add", { a: 1, b: 2 }), 3);
  }
});

Deno.test("reasonWithPlace() finds the place of a mistake also where Deno colours it", () => {
  const cyan = (text: string | number) => `\x1b[0m\x1b[36m${text}\x1b[0m`;
  const place = `${cyan("file:///home/a/methods.ts")}:${cyan(2)}:${cyan(8)}`;
  const error = new TypeError(`Module not found "file:///home/a/none.ts".\n    at ${place}`);
  assertEquals(
    reasonWithPlace(error, "methods.ts"),
    'TypeError: Module not found "file:///home/a/none.ts". (/home/a/methods.ts:2:8)',
  );
});
