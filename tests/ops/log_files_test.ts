import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../lib/base/errors.ts";
import { isSameFile, lookAt, openLogFile, putAside } from "../../lib/ops/log_files.ts";
import { tempDirectory } from "../support/temp.ts";

const ignore = Deno.build.os === "windows";
const LINE = '{"time":"2026-01-01T00:00:00.000Z","level":"info","message":"m"}\n';

async function refusal(path: string): Promise<string> {
  const error = await assertRejects(() => openLogFile(path), DariError);
  return `${error.code} ${error.message.replace(path, "FILE")}`;
}

Deno.test({
  name: "openLogFile() makes a file of mode 0600, and gives an old one this mode",
  ignore,
  async fn() {
    await using directory = await tempDirectory();
    const fresh = `${directory.path}/fresh`;
    const old = `${directory.path}/old`;
    await Deno.writeTextFile(old, LINE);
    await Deno.chmod(old, 0o666);
    for (const path of [fresh, old]) {
      using _ = await openLogFile(path);
      assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
    }
  },
});

Deno.test({
  name: "openLogFile() refuses what is no log, and leaves it as it is",
  ignore,
  async fn() {
    await using directory = await tempDirectory();
    const path = `${directory.path}/ca.key`;
    await Deno.writeTextFile(path, "-----BEGIN PRIVATE KEY-----\n");
    const other = "configuration FILE holds something else than a log of dari; name another file"
      .replace("FILE", '"FILE"');
    assertEquals(await refusal(path), other);
    assertEquals(await Deno.readTextFile(path), "-----BEGIN PRIVATE KEY-----\n");
    const link = `${directory.path}/link`;
    await Deno.symlink(path, link);
    assertEquals(
      await refusal(link),
      'configuration Cannot read "FILE": it is a symbolic link; put the file itself there',
    );
    assertEquals((await refusal(directory.path)).startsWith("configuration "), true);
    assertEquals(
      await refusal(`${directory.path}/none/dari.log`),
      `io Cannot open the log file "FILE": no such file or directory`,
    );
  },
});

Deno.test("openLogFile() refuses a file that another program writes to", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.log`;
  {
    using _ = await openLogFile(path);
    assertEquals(
      await refusal(path),
      'failed_precondition Another program writes to the log file "FILE"; name another file',
    );
  }
  using _ = await openLogFile(path);
});

Deno.test("openLogFile() ends the line that a killed program has begun", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.log`;
  for (const text of [`${LINE}{"time":"20`, "2026-01-01T00:00:00.000Z inf", LINE]) {
    await Deno.writeTextFile(path, text);
    using file = await openLogFile(path);
    await file.write(new TextEncoder().encode("next\n"));
    assertEquals(await Deno.readTextFile(path), `${text.trimEnd()}\nnext\n`);
  }
});

Deno.test("putAside() moves each file to the next number, up to a free one or the last", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.log`;
  const filled = async () => {
    const names = (await Array.fromAsync(Deno.readDir(directory.path))).map(({ name }) => name);
    return await Promise.all(
      names.sort().map(async (name) =>
        `${name.slice("dari.log".length)}=${await Deno.readTextFile(`${directory.path}/${name}`)}`
      ),
    );
  };
  for (const text of ["a", "b", "c", "d"]) {
    await Deno.writeTextFile(path, text);
    await putAside(path, 3);
  }
  assertEquals(await filled(), [".1=d", ".2=c", ".3=b"]);
  // A rotation that was cut short has left a gap: nothing has to give way.
  await Deno.remove(`${path}.2`);
  await Deno.writeTextFile(path, "e");
  await putAside(path, 3);
  assertEquals(await filled(), [".1=e", ".2=d", ".3=b"]);
  await Deno.writeTextFile(path, "f");
  await putAside(path, 1);
  assertEquals(await filled(), [".1=f", ".2=d", ".3=b"]);
});

Deno.test("lookAt() and isSameFile() tell one file from another", async () => {
  await using directory = await tempDirectory();
  const [a, b] = [`${directory.path}/a`, `${directory.path}/b`];
  assertEquals(await lookAt(a), undefined);
  await Deno.writeTextFile(a, "");
  await Deno.writeTextFile(b, "");
  const first = (await lookAt(a))!;
  assertEquals(isSameFile(first, (await lookAt(b))!), false);
  await Deno.rename(a, b);
  assertEquals(isSameFile(first, (await lookAt(b))!), true);
});
