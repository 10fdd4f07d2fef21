import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { writeFileAtomic } from "../../../lib/base/file/files.ts";
import { lockFile } from "../../../lib/cert/ledger/locked_file.ts";
import { tempDirectory } from "../../support/temp.ts";

Deno.test("lockFile() lets one in at a time, and each sees what the one before wrote", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/number`;
  await Deno.writeTextFile(path, "0");
  const count = async () => {
    using file = await lockFile(path);
    const number = Number(new TextDecoder().decode(file.bytes));
    await writeFileAtomic(path, String(number + 1));
  };
  await Promise.all(Array.from({ length: 30 }, count));
  assertEquals(await Deno.readTextFile(path), "30");
});

Deno.test("lockFile() refuses what is no regular file, and says io where there is none", async () => {
  await using directory = await tempDirectory();
  const { path } = directory;
  const none = await assertRejects(() => lockFile(`${path}/none`), DariError, "no such file");
  assertEquals([none.code, none.cause instanceof Deno.errors.NotFound], ["io", true]);
  assertEquals((await assertRejects(() => lockFile(path), DariError)).code, "configuration");
  await Deno.writeTextFile(`${path}/file`, "");
  await Deno.symlink(`${path}/file`, `${path}/link`);
  await assertRejects(() => lockFile(`${path}/link`), DariError, "not a regular file");
});

Deno.test("lockFile() waits for the lock of another, and reads what that one wrote", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/file`;
  await Deno.writeTextFile(path, "a");
  const holder = await Deno.open(path, { write: true, append: true });
  await holder.lock(true);
  let isLocked = false;
  const locking = lockFile(path).finally(() => isLocked = true);
  for (let turn = 0; turn < 50; turn++) await Deno.lstat(path);
  assertEquals(isLocked, false);
  holder.writeSync(new TextEncoder().encode("b"));
  holder.close();
  using file = await locking;
  assertEquals(new TextDecoder().decode(file.bytes), "ab");
});
