import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { openOwnFile } from "../../../lib/base/file/own_file.ts";
import { NOBODY, rootOnly } from "../../support/root_only.ts";
import { tempDirectory } from "../../support/temp.ts";

const unixOnly = { ignore: Deno.build.os === "windows" };

async function refusal(path: string): Promise<string> {
  const error = await assertRejects(() => openOwnFile(path), DariError);
  assertEquals(error.code, "configuration");
  return error.message;
}

Deno.test("openOwnFile() makes a file of mode 0600, and opens it again", unixOnly, async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/lock`;
  {
    using file = await openOwnFile(path);
    await file.write(new TextEncoder().encode("held"));
    assertEquals((await file.stat()).mode! & 0o777, 0o600);
  }
  using again = await openOwnFile(path, { create: false });
  assertEquals((await again.stat()).size, 4);
});

Deno.test("openOwnFile() makes none where it is not to", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/lock`;
  await assertRejects(() => openOwnFile(path, { create: false }), Deno.errors.NotFound);
  await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
});

Deno.test(
  "openOwnFile() refuses a file that others can write, and says what to do",
  unixOnly,
  async () => {
    await using directory = await tempDirectory();
    const path = `${directory.path}/lock`;
    (await openOwnFile(path)).close();
    for (const mode of [0o666, 0o620, 0o602]) {
      await Deno.chmod(path, mode);
      assertEquals((await refusal(path)).split("; ")[1], `run chmod go-w "${path}"`);
    }
    await Deno.chmod(path, 0o644);
    (await openOwnFile(path)).close();
  },
);

Deno.test("openOwnFile() lets root look at the file of another user", rootOnly, async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/lock`;
  (await openOwnFile(path)).close();
  await Deno.chown(path, NOBODY, NOBODY);
  (await openOwnFile(path)).close();
});

Deno.test(
  "openOwnFile() refuses what is not a regular file, and never opens a FIFO",
  unixOnly,
  async () => {
    await using directory = await tempDirectory();
    const { path } = directory;
    await Deno.writeTextFile(`${path}/file`, "");
    await Deno.symlink(`${path}/file`, `${path}/link`);
    await Deno.symlink(`${path}/nothing`, `${path}/dangling`);
    await Deno.mkdir(`${path}/directory`);
    await new Deno.Command("mkfifo", { args: ["-m", "600", `${path}/fifo`] }).output();
    for (const name of ["link", "dangling", "directory", "fifo"]) await refusal(`${path}/${name}`);
    await assertRejects(() => Deno.stat(`${path}/nothing`), Deno.errors.NotFound);
  },
);
