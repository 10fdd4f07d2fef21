import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError, type ErrorCode } from "../../lib/base/errors.ts";
import { readSecretFile, writeFileAtomic } from "../../lib/base/file/files.ts";
import { tempDirectory } from "../support/temp.ts";

const unixOnly = { ignore: Deno.build.os === "windows" };

/** Asserts the code and a part of the message. */
async function assertRefuses(
  work: () => Promise<unknown>,
  code: ErrorCode,
  message: string,
): Promise<void> {
  assertEquals((await assertRejects(work, DariError, message)).code, code);
}

Deno.test("readSecretFile() reads what writeFileAtomic() wrote", async () => {
  await using dir = await tempDirectory();
  await writeFileAtomic(`${dir.path}/key`, "secret\n");
  assertEquals(await readSecretFile(`${dir.path}/key`), "secret\n");
});

Deno.test("readSecretFile() says not_found where there is no file", async () => {
  await using dir = await tempDirectory();
  await assertRefuses(() => readSecretFile(`${dir.path}/key`), "not_found", `${dir.path}/key`);
});

for (const mode of [0o604, 0o640, 0o622, 0o644, 0o777]) {
  const text = mode.toString(8);
  Deno.test(`readSecretFile() refuses mode ${text} and names the fix`, unixOnly, async () => {
    await using dir = await tempDirectory();
    const path = `${dir.path}/key`;
    await writeFileAtomic(path, "secret", { mode });
    await assertRefuses(
      () => readSecretFile(path),
      "configuration",
      `(mode 0${text}); run chmod 600 "${path}"`,
    );
  });
}

Deno.test("readSecretFile() takes a file that even its owner cannot write", unixOnly, async () => {
  await using dir = await tempDirectory();
  await writeFileAtomic(`${dir.path}/key`, "secret", { mode: 0o400 });
  assertEquals(await readSecretFile(`${dir.path}/key`), "secret");
});

Deno.test("readSecretFile() refuses a symbolic link and a directory", unixOnly, async () => {
  await using dir = await tempDirectory();
  await writeFileAtomic(`${dir.path}/key`, "secret");
  await Deno.symlink(`${dir.path}/key`, `${dir.path}/link`);
  await assertRefuses(
    () => readSecretFile(`${dir.path}/link`),
    "configuration",
    "a symbolic link",
  );
  await assertRefuses(() => readSecretFile(dir.path), "configuration", "a directory");
});

Deno.test("readSecretFile() refuses a FIFO and does not wait for a writer", unixOnly, async () => {
  await using dir = await tempDirectory();
  const path = `${dir.path}/fifo`;
  const { success } = await new Deno.Command("mkfifo", { args: ["-m", "600", path] }).output();
  assert(success);
  await assertRefuses(() => readSecretFile(path), "configuration", "not a regular file");
});
