import { assertEquals } from "@std/assert";
import { tempDirectory } from "../support/temp.ts";

const root = new URL("../../", import.meta.url).pathname;
/** A proxy that nothing listens behind: what goes through it finds no registry. */
const NOWHERE = "http://127.0.0.1:9/";
const offline = { HTTP_PROXY: NOWHERE, HTTPS_PROXY: NOWHERE, NO_PROXY: "" };

/** Runs a task of deno.json as one does who has this cache of packages. */
async function task(cache: string, words: readonly string[], env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", ...words],
    cwd: root,
    env: { ...env, DENO_DIR: cache, NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out: out?.trimEnd(), downloads: err?.match(/^Download .*/gm) ?? [] };
}

const cache = await Deno.makeTempDir();
Deno.test.afterAll(() => Deno.remove(cache, { recursive: true }));
const first = await task(cache, ["dari", "--version"]);

Deno.test({
  name: "after its first command, dari asks no registry and runs without a network",
  ignore: first.code !== 0, // no registry can be reached from here
  async fn() {
    await using directory = await tempDirectory();
    for (let run = 1; run <= 2; run++) {
      const data = `${directory.path}/data${run}`;
      const made = await task(cache, ["dari", "cert", "init", "--json", "--data", data], offline);
      assertEquals([made.code, made.downloads], [0, []]);
    }
    const scene = await task(cache, ["demo", "rpc"], offline);
    assertEquals([scene.code, scene.downloads], [0, []]);
  },
});

Deno.test({
  name: "the first command does not fetch the libraries of the tests",
  ignore: first.code !== 0,
  fn() {
    const libraries = ["ajv", "arktype", "fast-check", "valibot", "zod"];
    const fetched = first.downloads.filter((line) =>
      libraries.some((name) => line.includes(`/${name}`))
    );
    assertEquals([first.downloads.length > 0, fetched], [true, []]);
  },
});

Deno.test("the tests resolve every import of the program as the program does", async () => {
  const read = async (path: string) => JSON.parse(await Deno.readTextFile(`${root}${path}`));
  const { imports, exports } = await read("deno.json");
  const { imports: forTests } = await read("tests/import_map.json");
  for (const [name, to] of Object.entries(imports)) assertEquals(forTests[name], to);
  for (const [key, path] of Object.entries<string>(exports)) {
    assertEquals(forTests[`@dari/dari${key.slice(1)}`], `.${path}`);
  }
  const [locked, lockedForTests] = [await read("deno.lock"), await read("tests/deno.lock")];
  for (const [name, { integrity }] of Object.entries<{ integrity: string }>(locked.npm)) {
    assertEquals(lockedForTests.npm[name].integrity, integrity, name);
  }
});
