import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../lib/base/errors.ts";
import {
  directoryOf,
  ensurePrivateDirectory,
  readPublicFile,
  reasonOf,
} from "../../lib/base/files.ts";
import { limits } from "../../lib/base/limits.ts";
import { tempDirectory } from "../support/temp.ts";

// writeFileAtomic() and readSecretFile() have files of their own beside this one.

const unixOnly = { ignore: Deno.build.os === "windows" };

Deno.test("readPublicFile() reads a file, and through a link to it", unixOnly, async () => {
  await using dir = await tempDirectory();
  await Deno.writeTextFile(`${dir.path}/ca.crt`, "다리", { mode: 0o644 });
  await Deno.symlink(`${dir.path}/ca.crt`, `${dir.path}/link`);
  assertEquals(await readPublicFile(`${dir.path}/ca.crt`), "다리");
  assertEquals(await readPublicFile(`${dir.path}/link`), "다리");
});

Deno.test("readPublicFile() says io where there is no file", async () => {
  const error = await assertRejects(() => readPublicFile("/no/such/ca.crt"), DariError);
  assertEquals(error.code, "io");
  assertEquals(error.message, 'Cannot read "/no/such/ca.crt": no such file or directory');
});

Deno.test("readPublicFile() refuses a directory", async () => {
  await using dir = await tempDirectory();
  const error = await assertRejects(() => readPublicFile(dir.path), DariError);
  assertEquals(error.code, "configuration");
});

Deno.test("readPublicFile() refuses a file that is too large, without reading it", async () => {
  await using dir = await tempDirectory();
  const path = `${dir.path}/large`;
  await Deno.writeTextFile(path, "");
  await Deno.truncate(path, limits.maxPemLength + 1);
  assertEquals((await assertRejects(() => readPublicFile(path), DariError)).code, "data");
});

Deno.test("ensurePrivateDirectory() makes directories of mode 0700", unixOnly, async () => {
  await using dir = await tempDirectory();
  const path = `${dir.path}/a/b`;
  await ensurePrivateDirectory(path);
  assertEquals(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o700);
  await ensurePrivateDirectory(path); // a second time changes nothing
});

Deno.test("ensurePrivateDirectory() refuses one that is open to others", unixOnly, async () => {
  await using dir = await tempDirectory();
  await Deno.chmod(dir.path, 0o750);
  await assertRejects(
    () => ensurePrivateDirectory(dir.path),
    DariError,
    `(mode 0750); run chmod 700 "${dir.path}"`,
  );
});

Deno.test("ensurePrivateDirectory() refuses a file", async () => {
  await using dir = await tempDirectory();
  const path = `${dir.path}/file`;
  await Deno.writeTextFile(path, "");
  await assertRejects(() => ensurePrivateDirectory(path), DariError, "not a directory");
});

Deno.test("ensurePrivateDirectory() says io where the parent is a file", async () => {
  await using dir = await tempDirectory();
  await Deno.writeTextFile(`${dir.path}/file`, "");
  const error = await assertRejects(
    () => ensurePrivateDirectory(`${dir.path}/file/new`),
    DariError,
  );
  assertEquals(error.code, "io");
});

Deno.test("directoryOf() gives the directory of absolute, relative and bare paths", () => {
  const directories = { "/a/b": "/a", "a/b/c": "a/b", "/a": "/", "a": ".", "./a": "." };
  for (const [path, directory] of Object.entries(directories)) {
    assertEquals(directoryOf(path), directory, path);
  }
});

Deno.test("reasonOf() says in a few words why a file could not be used", () => {
  const reasons: [unknown, string][] = [
    [new Deno.errors.NotFound("os error 2"), "no such file or directory"],
    [new Deno.errors.PermissionDenied("os error 13"), "permission denied"],
    [new Deno.errors.AlreadyExists("os error 17"), "it exists already"],
    [new Error("disk full"), "disk full"],
    ["text", "text"],
  ];
  for (const [cause, reason] of reasons) assertEquals(reasonOf(cause), reason);
});
