import { assert, assertEquals } from "@std/assert";
import { tempDirectory } from "../support/temp.ts";

const root = new URL("../../", import.meta.url);

Deno.test({
  name: "the line of README.md for a clone beside a project works without JSR",
  ignore: Deno.build.os === "windows",
  async fn() {
    const text = await Deno.readTextFile(new URL("README.md", root));
    const line = /`(deno link \.\.\/dari [^`]+)`/.exec(text)?.[1];
    assert(line !== undefined);
    await using directory = await tempDirectory();
    await Deno.symlink(new URL(".", root).pathname.slice(0, -1), `${directory.path}/dari`);
    const project = `${directory.path}/project`;
    await Deno.mkdir(project);
    await Deno.writeTextFile(`${project}/deno.json`, "{}");
    await Deno.writeTextFile(
      `${project}/main.ts`,
      `import { connect, listenMemory, serve } from "@dari/dari";
const memory = listenMemory();
await using server = await serve({ listen: memory, methods: { add: (p: { a: number }) => p.a + 1 } });
await using client = await connect<{ add(p: { a: number }): number }>(memory);
console.log(await client.call("add", { a: 1 }));
`,
    );
    // Nothing answers where JSR is looked for; npm's packages are in the cache of this machine.
    const { code, stdout, stderr } = await new Deno.Command("sh", {
      args: ["-c", `${line} && deno run --check --no-lock main.ts`],
      cwd: project,
      env: { JSR_URL: "http://127.0.0.1:1/", NO_COLOR: "1" },
    }).output();
    const decoder = new TextDecoder();
    assertEquals([code, decoder.decode(stdout)], [0, "2\n"], decoder.decode(stderr));
  },
});
