import { assertEquals, assertNotEquals } from "@std/assert";
import { exists, fileStamp } from "../../../lib/base/file/file_state.ts";
import { tempDirectory } from "../../support/temp.ts";

Deno.test("exists() sees files, directories and links that lead nowhere", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/file`;
  assertEquals(await exists(path), false);
  await Deno.writeTextFile(path, "");
  await Deno.symlink("/nowhere", `${directory.path}/link`);
  for (const name of ["file", "link", "."]) {
    assertEquals(await exists(`${directory.path}/${name}`), true, name);
  }
});

Deno.test("fileStamp() changes with the file's content, time and replacement", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/file`;
  assertEquals(fileStamp(path), "gone");
  await Deno.writeTextFile(path, "a");
  await Deno.utime(path, 1, 1);
  const stamps = [fileStamp(path)];
  assertEquals(fileStamp(path), stamps[0]);
  await Deno.utime(path, 2, 2);
  stamps.push(fileStamp(path));
  await Deno.writeTextFile(path, "longer");
  await Deno.utime(path, 2, 2);
  stamps.push(fileStamp(path));
  await Deno.writeTextFile(`${path}.new`, "longer");
  await Deno.utime(`${path}.new`, 2, 2);
  await Deno.rename(`${path}.new`, path);
  stamps.push(fileStamp(path));
  for (const [at, stamp] of stamps.slice(1).entries()) assertNotEquals(stamp, stamps[at]);
});
