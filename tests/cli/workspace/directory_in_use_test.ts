import { assertEquals, assertRejects } from "@std/assert";
import { DariError, TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { holdDirectory, socketOf } from "../../../lib/cli/workspace/directory_in_use.ts";
import { fillDisk } from "../../support/full_disk.ts";
import { tempDirectory } from "../../support/temp.ts";

Deno.test("holdDirectory() lets one server have a directory, and the next one once that has ended", async () => {
  await using directory = await tempDirectory();
  const { path } = directory;
  {
    using held = await holdDirectory(path);
    assertEquals(held.socket, `${path}/dari.sock`);
    await assertRejects(
      () => holdDirectory(path),
      TransportError,
      `is in use by the server with process id ${Deno.pid}, which listens on unix:${path}/dari.sock`,
    );
  }
  using again = await holdDirectory(path);
  assertEquals(again.socket, `${path}/dari.sock`);
});

Deno.test("socketOf() is the socket of the server that uses the directory, else the one in it", async () => {
  await using directory = await tempDirectory();
  const { path } = directory;
  assertEquals(await socketOf(path), `${path}/dari.sock`);
  {
    using _held = await holdDirectory(path, `${path}/other.sock`);
    assertEquals(await socketOf(path), `${path}/other.sock`);
  }
  assertEquals(await socketOf(path), `${path}/dari.sock`);
});

Deno.test("socketOf() passes over a file of the lock that says nothing", async () => {
  await using directory = await tempDirectory();
  const { path } = directory;
  const long = JSON.stringify({ socket: "x".repeat(limits.maxLockFileBytes) });
  for (const text of ["", "{", "null", "[]", '{"socket":3}', long]) {
    await Deno.writeTextFile(`${path}/server.lock`, text);
    assertEquals(await socketOf(path), `${path}/dari.sock`);
  }
});

Deno.test("holdDirectory() refuses a lock that others can change, and a FIFO", async () => {
  await using directory = await tempDirectory();
  const { path } = directory;
  const refused = async () =>
    (await assertRejects(() => holdDirectory(path), DariError)).code === "configuration";
  await Deno.writeTextFile(`${path}/server.lock`, "");
  await Deno.chmod(`${path}/server.lock`, 0o666);
  assertEquals(await refused(), true);
  await Deno.remove(`${path}/server.lock`);
  await new Deno.Command("mkfifo", { args: ["-m", "600", `${path}/server.lock`] }).output();
  assertEquals(await refused(), true);
  assertEquals(await socketOf(path), `${path}/dari.sock`);
});

Deno.test("holdDirectory() says where the disk is full, and holds nothing then", async () => {
  await using directory = await tempDirectory();
  const { path } = directory;
  {
    using _disk = fillDisk(0);
    const error = await assertRejects(() => holdDirectory(path), DariError, "No space left");
    assertEquals(error.code, "io");
  }
  using held = await holdDirectory(path);
  assertEquals(held.socket, `${path}/dari.sock`);
});
