import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { ensurePrivateDirectory } from "../../../lib/base/file/files.ts";
import { finishReplacement, replaceDirectory } from "../../../lib/base/file/replace_directory.ts";
import { tempDirectory } from "../../support/temp.ts";

const STEPS = ["mark", "wait", "move the old one", "move the new one", "remove the mark"];

async function place() {
  const root = await tempDirectory();
  const [staged, path, old] = ["staged", "data", "old"].map((name) => `${root.path}/${name}`);
  for (const [directory, text] of [[staged, "new"], [path, "old"]]) {
    await Deno.mkdir(directory!, { mode: 0o700 });
    await Deno.writeTextFile(`${directory}/file`, text!);
  }
  return {
    replacement: { staged: staged!, path: path!, old: old! },
    content: () => Deno.readTextFile(`${path}/file`),
    [Symbol.asyncDispose]: () => root[Symbol.asyncDispose](),
  };
}

Deno.test("replaceDirectory() puts one directory in the place of another, and keeps that", async () => {
  await using at = await place();
  const steps: string[] = [];
  await replaceDirectory({ ...at.replacement, onStep: (step) => steps.push(step) });
  assertEquals(steps, STEPS);
  assertEquals(await at.content(), "new");
  assertEquals(await Deno.readTextFile(`${at.replacement.old}/file`), "old");
  assertEquals([...Deno.readDirSync(at.replacement.path)].map(({ name }) => name), ["file"]);
});

for (const cut of STEPS) {
  Deno.test(`a replacement that ends before "${cut}" leaves the old directory or the new one`, async () => {
    await using at = await place();
    const onStep = (step: string) => {
      if (step === cut) throw new Error("cut");
    };
    const error = await assertRejects(
      () => replaceDirectory({ ...at.replacement, onStep }),
      DariError,
    );
    assertEquals(error.code, "io");
    // Whoever makes sure that the directory exists gets the one that waits.
    await ensurePrivateDirectory(at.replacement.path);
    const isMoved = STEPS.indexOf(cut) > STEPS.indexOf("move the old one");
    assertEquals(await at.content(), isMoved ? "new" : "old");
    assertEquals(await finishReplacement(at.replacement.path), false);
  });
}

Deno.test("finishReplacement() takes nothing that was left before the old directory was moved", async () => {
  await using at = await place();
  const onStep = (step: string) => {
    if (step === "move the old one") throw new Error("cut");
  };
  await assertRejects(() => replaceDirectory({ ...at.replacement, onStep }), DariError);
  await Deno.remove(at.replacement.path, { recursive: true });
  await ensurePrivateDirectory(at.replacement.path);
  assertEquals([...Deno.readDirSync(at.replacement.path)], []);
});

Deno.test("replaceDirectory() takes the place of one that was cut before", async () => {
  await using at = await place();
  await Deno.mkdir(`${at.replacement.path}.restored/leftover`, { recursive: true });
  await replaceDirectory(at.replacement);
  assertEquals(await at.content(), "new");
  assert(!(await Deno.lstat(`${at.replacement.path}.restored`).catch(() => null)));
});
