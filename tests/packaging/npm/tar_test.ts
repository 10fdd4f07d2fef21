import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { type ArchivedFile, readTarball, writeTarball } from "../../../lib/packaging/npm/tar.ts";
import { tempDirectory } from "../../support/temp.ts";

const files: ArchivedFile[] = [
  { name: "package/empty", bytes: new Uint8Array(0), isExecutable: false },
  { name: "package/다리/block", bytes: new Uint8Array(512).fill(7), isExecutable: true },
  { name: "package/more", bytes: new TextEncoder().encode("x".repeat(513)), isExecutable: false },
];

Deno.test("readTarball() reads what writeTarball() wrote", async () => {
  assertEquals(await readTarball(await writeTarball(files)), files);
});

Deno.test("writeTarball() gives the same bytes for the same files", async () => {
  assertEquals(await writeTarball(files), await writeTarball(files));
});

Deno.test("writeTarball() refuses a path that the format has no room for", async () => {
  const long = { name: "x".repeat(101), bytes: new Uint8Array(0) };
  const error = await assertRejects(() => writeTarball([long]), DariError, "over 100 bytes");
  assertEquals(error.code, "data");
});

const hasTar = await new Deno.Command("tar", { args: ["--version"] }).output()
  .then(({ success }) => success, () => false);

Deno.test({
  name: "tar unpacks what writeTarball() wrote, with its modes",
  ignore: !hasTar,
  async fn() {
    await using directory = await tempDirectory();
    const path = `${directory.path}/a.tgz`;
    await Deno.writeFile(path, await writeTarball(files));
    const { success } = await new Deno.Command("tar", {
      args: ["-xzf", path, "-C", directory.path],
    }).output();
    assertEquals(success, true);
    for (const { name, bytes, isExecutable } of files) {
      assertEquals(await Deno.readFile(`${directory.path}/${name}`), bytes);
      const { mode } = await Deno.stat(`${directory.path}/${name}`);
      assertEquals(((mode ?? 0) & 0o100) !== 0, isExecutable, name);
    }
  },
});
