import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { DariError } from "../../lib/base/errors.ts";
import { writeFileAtomic, writeNewFiles } from "../../lib/base/file/files.ts";
import { tempDirectory } from "../support/temp.ts";

async function modeOf(path: string): Promise<number> {
  return ((await Deno.stat(path)).mode ?? 0) & 0o777;
}

async function namesIn(path: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name);
}

Deno.test("writeFileAtomic() writes text and bytes, for their owner alone", async () => {
  await using dir = await tempDirectory();
  await writeFileAtomic(`${dir.path}/text`, "다리");
  await writeFileAtomic(`${dir.path}/bytes`, new Uint8Array([0, 255]));
  assertEquals(await Deno.readTextFile(`${dir.path}/text`), "다리");
  assertEquals(await Deno.readFile(`${dir.path}/bytes`), new Uint8Array([0, 255]));
  assertEquals(await modeOf(`${dir.path}/text`), 0o600);
});

Deno.test("writeFileAtomic() replaces a file and leaves nothing beside it", async () => {
  await using dir = await tempDirectory();
  const path = `${dir.path}/file`;
  await writeFileAtomic(path, "a long first content");
  await writeFileAtomic(path, "second", { mode: 0o644 });
  assertEquals(await Deno.readTextFile(path), "second");
  assertEquals(await modeOf(path), 0o644);
  assertEquals(await namesIn(dir.path), ["file"]);
});

for (const umask of ["000", "077"]) {
  Deno.test({
    name: `writeFileAtomic() gives the mode that was asked for under umask ${umask}`,
    ignore: Deno.build.os === "windows",
    async fn() {
      await using dir = await tempDirectory();
      // The umask belongs to the whole process, so a process of its own has it.
      const module = new URL("../../lib/base/file/files.ts", import.meta.url).href;
      const program = `const { writeFileAtomic } = await import("${module}");
        await writeFileAtomic("secret", "s");
        await writeFileAtomic("open", "o", { mode: 0o644 });`;
      const { success, stderr } = await new Deno.Command("sh", {
        args: ["-c", `umask ${umask}; exec "$0" eval "$1"`, Deno.execPath(), program],
        cwd: dir.path,
      }).output();
      assert(success, new TextDecoder().decode(stderr));
      assertEquals(await modeOf(`${dir.path}/secret`), 0o600);
      assertEquals(await modeOf(`${dir.path}/open`), 0o644);
    },
  });
}

Deno.test("writeFileAtomic() with createNew refuses a path that is taken", async () => {
  await using dir = await tempDirectory();
  const path = `${dir.path}/file`;
  await writeFileAtomic(path, "first", { createNew: true });
  const error = await assertRejects(
    () => writeFileAtomic(path, "second", { createNew: true }),
    DariError,
    path,
  );
  assertEquals(error.code, "already_exists");
  assertEquals(await Deno.readTextFile(path), "first");
  assertEquals(await namesIn(dir.path), ["file"]);
});

Deno.test("writeFileAtomic() with createNew lets one of many writers win", async () => {
  await using dir = await tempDirectory();
  const path = `${dir.path}/file`;
  const writers = Array.from(
    { length: 8 },
    (_, n) => writeFileAtomic(path, `${n}`, { createNew: true }),
  );
  const outcomes = await Promise.allSettled(writers);
  const winners = outcomes.flatMap(({ status }, n) => status === "fulfilled" ? [`${n}`] : []);
  assertEquals(winners.length, 1);
  assertEquals(await Deno.readTextFile(path), winners[0]);
  assertEquals(await namesIn(dir.path), ["file"]);
});

Deno.test("writeFileAtomic() replaces a symbolic link and not what it names", async () => {
  await using dir = await tempDirectory();
  await Deno.writeTextFile(`${dir.path}/target`, "untouched");
  await Deno.symlink(`${dir.path}/target`, `${dir.path}/link`);
  await writeFileAtomic(`${dir.path}/link`, "new");
  assertEquals(await Deno.readTextFile(`${dir.path}/target`), "untouched");
  assert((await Deno.lstat(`${dir.path}/link`)).isFile);
});

Deno.test("writeFileAtomic() says io and the path where the directory is missing", async () => {
  await using dir = await tempDirectory();
  const error = await assertRejects(
    () => writeFileAtomic(`${dir.path}/gone/file`, "x"),
    DariError,
    `Cannot write "${dir.path}/gone/file": no such file or directory`,
  );
  assertEquals(error.code, "io");
});

Deno.test("writeFileAtomic() leaves a whole file when its process is killed", async () => {
  const length = 2_000_000;
  for (const kill of [1, 3, 6]) {
    await using dir = await tempDirectory();
    const path = `${dir.path}/file`;
    await using child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--allow-read",
        "--allow-write",
        new URL("../support/rewrite_for_ever.ts", import.meta.url).pathname,
        path,
        `${length}`,
      ],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    let written = 0;
    for await (const chunk of child.stdout) {
      written += chunk.length / 2; // a letter and an LF for each
      if (written < kill) continue;
      child.kill("SIGKILL");
      break;
    }
    await child.status;
    const text = await Deno.readTextFile(path);
    assertEquals(text.length, length);
    assertMatch(text, /^(.)\1*$/);
  }
});

Deno.test("writeNewFiles() writes all or none, and leaves nothing beside them", async () => {
  await using dir = await tempDirectory();
  const [a, b, c] = ["a", "b", "c"].map((name) => `${dir.path}/${name}`) as [
    string,
    string,
    string,
  ];
  await writeNewFiles([{ path: a, content: "1" }, { path: b, content: "2", mode: 0o644 }]);
  assertEquals([await Deno.readTextFile(a), await Deno.readTextFile(b)], ["1", "2"]);
  const error = await assertRejects(
    () => writeNewFiles([{ path: c, content: "3" }, { path: a, content: "4" }]),
    DariError,
    `"${a}" exists already`,
  );
  assertEquals(error.code, "already_exists");
  const missing = [{ path: c, content: "3" }, { path: `${dir.path}/no/d`, content: "4" }];
  assertEquals((await assertRejects(() => writeNewFiles(missing), DariError)).code, "io");
  assertEquals(Array.from(Deno.readDirSync(dir.path), ({ name }) => name).sort(), ["a", "b"]);
  assertEquals(await Deno.readTextFile(a), "1");
});
