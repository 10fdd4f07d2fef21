import { assertEquals, assertRejects } from "@std/assert";
import { build, type Recipe } from "../../../scripts/bench/contestants/build.ts";
import { MissingToolError, requireTools } from "../../../scripts/bench/contestants/tools.ts";

const there = { name: "cat", debian: "coreutils", check: ["true"] } as const;
const failing = { name: "some library", debian: "libsome-dev", check: ["false"] } as const;
const absent = { name: "no such program", debian: "libsome-dev", check: ["/no/such"] } as const;

const copying: Recipe = {
  tools: [there],
  sources: ["bench.proto"],
  env: { WORD: "built" },
  steps: [["sh", "-c", "cat bench.proto > made && echo $WORD >> made"]],
  target: "made",
};

Deno.test("requireTools() names what is missing and the packages that bring it", async () => {
  await requireTools([there]);
  await assertRejects(
    () => requireTools([failing, there, absent]),
    MissingToolError,
    "some library and no such program are missing; on Debian run apt-get install libsome-dev",
  );
});

Deno.test("build() makes the program once, and again when its sources are newer", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const made = `${directory}/made`;
    await build(copying, directory);
    assertEquals((await Deno.readTextFile(made)).endsWith("}\nbuilt\n"), true);
    assertEquals([...Deno.readDirSync(directory)].map(({ name }) => name), ["made"]);

    await Deno.writeTextFile(made, "kept");
    await build(copying, directory);
    assertEquals(await Deno.readTextFile(made), "kept");

    await Deno.utime(made, 0, 0);
    await build(copying, directory);
    assertEquals((await Deno.readTextFile(made)).endsWith("built\n"), true);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("build() reports what a failing command printed, and leaves nothing behind", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const recipe: Recipe = { ...copying, steps: [["sh", "-c", "echo no such type >&2; exit 1"]] };
    await assertRejects(() => build(recipe, directory), Error, "sh failed: no such type");
    assertEquals([...Deno.readDirSync(directory)], []);
    await assertRejects(() => build({ ...recipe, tools: [failing] }, directory), MissingToolError);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
