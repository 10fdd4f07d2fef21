import { assert, assertEquals } from "@std/assert";
import { blocksOf, fileOf } from "../support/page.ts";
import { listPages } from "../support/page_tests.ts";
import { tempDirectory } from "../support/temp.ts";

const root = new URL("../../", import.meta.url);

/** A program, and what it prints. */
const program = `import { connect, listenMemory, serve } from "@dari/dari";
const memory = listenMemory();
await using server = await serve({ listen: memory, methods: { add: (p: { a: number }) => p.a + 1 } });
await using client = await connect<{ add(p: { a: number }): number }>(memory);
console.log(await client.call("add", { a: 1 }));
`;

/** The configuration of a user's project: packages of its own, and the options that dari itself has. */
async function configuration(): Promise<string> {
  const [{ imports }, { compilerOptions }] = await Promise.all(
    ["tests/import_map.json", "deno.json"].map(async (path) =>
      JSON.parse(await Deno.readTextFile(new URL(path, root)))
    ),
  );
  const packages = Object.entries<string>(imports).filter(([, to]) => to.startsWith("npm:"));
  return JSON.stringify({ imports: Object.fromEntries(packages), compilerOptions });
}

/** Writes the programs of all pages, and gives their paths. */
async function writePrograms(project: string): Promise<string[]> {
  const files: string[] = [];
  for (const path of await listPages()) {
    const folder = `${project}/${path.replace(/\W+/g, "_")}`;
    for (const block of blocksOf(await Deno.readTextFile(new URL(path, root)))) {
      if (block.language !== "ts" || block.words.includes("ignore")) continue;
      const file = `${folder}/${fileOf(block) ?? `block_${block.line}.ts`}`;
      await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
      await Deno.writeTextFile(file, `${block.text}\nexport {};\n`);
      files.push(file);
    }
  }
  return files;
}

// The types of a program's imports take nine seconds of a core, so one check is for all programs.
Deno.test({
  name:
    "with the line of README.md for a clone beside a project a program runs, and those of the " +
    "pages have the right types, without JSR",
  ignore: Deno.build.os === "windows",
  async fn() {
    const text = await Deno.readTextFile(new URL("README.md", root));
    const line = /`(deno link \.\.\/dari [^`]+)`/.exec(text)?.[1];
    assert(line !== undefined);
    await using directory = await tempDirectory();
    await Deno.symlink(new URL(".", root).pathname.slice(0, -1), `${directory.path}/dari`);
    const project = `${directory.path}/project`;
    await Deno.mkdir(project);
    await Deno.writeTextFile(`${project}/deno.json`, await configuration());
    await Deno.writeTextFile(`${project}/main.ts`, program);
    const files = await writePrograms(project);
    const command = `${line} && deno run --no-lock main.ts && ` +
      `deno check --quiet --no-lock main.ts ${files.join(" ")}`;
    // Nothing answers where JSR is looked for; npm's packages are in the cache of this machine.
    const { code, stdout, stderr } = await new Deno.Command("sh", {
      args: ["-c", command],
      cwd: project,
      env: { JSR_URL: "http://127.0.0.1:1/", NO_COLOR: "1" },
    }).output();
    const decoder = new TextDecoder();
    assertEquals([code, decoder.decode(stdout)], [0, "2\n"], decoder.decode(stderr));
  },
});
