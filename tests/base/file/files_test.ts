import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import {
  directoryOf,
  ensurePrivateDirectory,
  readNamedSecretFile,
  readOwnFile,
  readPublicFile,
  readSecretFile,
  reasonOf,
} from "../../../lib/base/file/files.ts";
import { limits } from "../../../lib/base/limits.ts";
import { NOBODY, rootOnly } from "../../support/root_only.ts";
import { tempDirectory } from "../../support/temp.ts";

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
  await Deno.truncate(path, limits.maxPemLength);
  assertEquals((await readPublicFile(path)).length, limits.maxPemLength);
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

Deno.test("ensurePrivateDirectory() refuses one of another user", rootOnly, async () => {
  await using dir = await tempDirectory();
  await Deno.chown(dir.path, NOBODY, NOBODY);
  const refused = () => ensurePrivateDirectory(dir.path);
  const error = await assertRejects(refused, DariError, "belongs to another user (uid 65534)");
  assertEquals(error.code, "configuration");
});

Deno.test(
  "readSecretFile() and readOwnFile() refuse a file of another user",
  rootOnly,
  async () => {
    await using dir = await tempDirectory();
    const path = `${dir.path}/key`;
    await Deno.writeTextFile(path, "secret", { mode: 0o600 });
    await Deno.chown(path, NOBODY, NOBODY);
    for (const read of [readSecretFile, readNamedSecretFile, readOwnFile]) {
      await assertRejects(() => read(path), DariError, "belongs to another user");
    }
  },
);

Deno.test(
  "readNamedSecretFile() follows links as certbot and Kubernetes make them",
  unixOnly,
  async () => {
    await using dir = await tempDirectory();
    const [target, link, second] = ["..data", "live", "tls.key"].map((name) =>
      `${dir.path}/${name}`
    );
    await Deno.writeTextFile(target!, "secret");
    await Deno.chmod(target!, 0o400);
    await Deno.symlink(target!, link!);
    await Deno.symlink("live", second!);
    assertEquals(await readNamedSecretFile(second!), "secret");
    await assertRejects(() => readSecretFile(second!), DariError, "a symbolic link");
    await assertRejects(() => readOwnFile(second!), DariError, "a symbolic link");
    await Deno.chmod(target!, 0o440);
    await assertRejects(() => readNamedSecretFile(second!), DariError, "(mode 0440)");
  },
);

Deno.test(
  "readNamedSecretFile() refuses a FIFO behind a link, and what is too large",
  unixOnly,
  async () => {
    await using dir = await tempDirectory();
    await new Deno.Command("mkfifo", { args: ["-m", "600", `${dir.path}/fifo`] }).output();
    await Deno.symlink("fifo", `${dir.path}/link`);
    await assertRejects(() => readNamedSecretFile(`${dir.path}/link`), DariError, "not a regular");
    await Deno.writeTextFile(`${dir.path}/large`, "", { mode: 0o600 });
    await Deno.truncate(`${dir.path}/large`, limits.maxPemLength + 1);
    const error = await assertRejects(() => readSecretFile(`${dir.path}/large`), DariError);
    assertEquals(error.code, "data");
  },
);

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
    [
      new Error("No space left on device (os error 28): rename '/a' -> '/b'"),
      "No space left on device (os error 28)",
    ],
    [new Deno.errors.NotFound("os error 2"), "no such file or directory"],
    [new Deno.errors.PermissionDenied("os error 13"), "permission denied"],
    [new Deno.errors.AlreadyExists("os error 17"), "it exists already"],
    [new Error("disk full"), "disk full"],
    ["text", "text"],
  ];
  for (const [cause, reason] of reasons) assertEquals(reasonOf(cause), reason);
});
